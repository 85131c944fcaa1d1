#!/bin/sh
# Draws the icons that need pixels from icon.svg. Needs rsvg-convert (Debian: librsvg2-bin).
set -eu
cd "$(dirname "$0")/../public/icons"
rsvg-convert -w 192 -h 192 icon.svg -o icon-192.png
rsvg-convert -w 512 -h 512 icon.svg -o icon-512.png
# Where the system cuts the shape itself: no round corners, and the drawing within the inner 80 %.
sed -e 's/ rx="15"//' -e 's/viewBox="0 0 64 64"/viewBox="-8 -8 80 80"/' -e 's/<rect width="64" height="64"/<rect x="-8" y="-8" width="80" height="80"/' icon.svg > full.svg
rsvg-convert -w 512 -h 512 full.svg -o maskable-512.png
rsvg-convert -w 180 -h 180 full.svg -o apple-touch-icon.png
rm full.svg
