/** A place on the map, in degrees. */
export interface Place {
  lat: number
  lng: number
}

const pair = /(-?\d{1,3}(?:[.]\d+)?)\s*°?\s*[,;/\s]\s*(-?\d{1,3}(?:[.]\d+)?)/

/** Patterns of map apps' links, the most exact first. */
const links = [
  /!3d(-?\d+\.\d+)!4d(-?\d+\.\d+)/, // a place in a Google Maps link
  /[?&](?:q|query|ll|daddr|destination|sll|center)=(?:loc:)?(-?\d+(?:\.\d+)?)(?:,|%2C)\s*(-?\d+(?:\.\d+)?)/i,
  /[?&]mlat=(-?\d+(?:\.\d+)?)&mlon=(-?\d+(?:\.\d+)?)/i, // an OpenStreetMap marker
  /@(-?\d+\.\d+),(-?\d+\.\d+)/,
  /#map=[\d.]+\/(-?\d+(?:\.\d+)?)\/(-?\d+(?:\.\d+)?)/,
  /^geo:(-?\d+(?:\.\d+)?),(-?\d+(?:\.\d+)?)/i,
]

/** Reads what people paste: coordinates, or a link of a map app. Null if it says no place. */
export function parsePlace(text: string): Place | null {
  const s = text.trim().slice(0, 2000)
  for (const pattern of links) {
    const m = pattern.exec(s)
    if (m) return checked(m[1]!, m[2]!)
  }
  if (/^[a-z]+:/i.test(s)) return null // a link that says no place
  // A decimal comma is one when both numbers have it: 45,7512 14,3601
  const comma = /^(-?\d{1,2}),(\d+)[\s;/]+(-?\d{1,3}),(\d+)$/.exec(s)
  if (comma) return checked(`${comma[1]}.${comma[2]}`, `${comma[3]}.${comma[4]}`)
  const m = pair.exec(s)
  return m && m[0] === s ? checked(m[1]!, m[2]!) : null
}

function checked(lat: string, lng: string): Place | null {
  const p = { lat: Number(lat), lng: Number(lng) }
  return Math.abs(p.lat) <= 90 && Math.abs(p.lng) <= 180 ? p : null
}

/** A place in five decimals, which is about a metre. */
export const showPlace = (p: Place): string => `${p.lat.toFixed(5)}, ${p.lng.toFixed(5)}`
