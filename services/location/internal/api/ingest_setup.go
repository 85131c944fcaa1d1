package api

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"net/http"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/boombuler/barcode/qr"
	"github.com/labstack/echo/v4"

	"github.com/wemaps/wemaps/libs/httpx"
	"github.com/wemaps/wemaps/libs/wire"
	"github.com/wemaps/wemaps/services/location/internal/ingest"
)

const (
	qrModule = 6 // pixels
	qrQuiet  = 4 // modules of white around, as the standard wants
	// maxPhoneName bounds a phone's name: with all the rest it must fit into a QR
	// code that a phone can read from a screen.
	maxPhoneName = 50
)

// setUp says how to set each app up for a device token. The token comes in the
// body, since it was shown only once, and is kept nowhere.
func (p *Phones) setUp(c echo.Context) error {
	var req wire.SetupRequest
	if err := httpx.Bind(c, &req); err != nil {
		return err
	}
	phone := ingest.Phone{Base: p.PublicURL, User: httpx.User(c).Name, Device: "phone"}
	if req.Token == nil || !validToken(*req.Token) {
		return wire.Invalid("token", "must be a device token")
	}
	phone.Token = *req.Token
	if req.Name != nil {
		phone.Device = strings.TrimSpace(*req.Name)
		if n := utf8.RuneCountInString(phone.Device); n < 1 || n > maxPhoneName || strings.ContainsFunc(phone.Device, unicode.IsControl) {
			return wire.Invalid("name", fmt.Sprintf("must have 1 to %d characters", maxPhoneName))
		}
	}
	if phone.Base == "" {
		if phone.Base = ingest.Base(c.Request().Host); phone.Base == "" {
			return wire.Errorf(wire.CodeValidation, "The request's host is none that a phone could reach")
		}
	}
	res, err := setUp(phone)
	if err != nil {
		return err
	}
	c.Response().Header().Set("Cache-Control", "no-store")
	return c.JSON(http.StatusOK, res)
}

func setUp(phone ingest.Phone) (wire.SetupResponse, error) {
	res := wire.SetupResponse{
		OwnTracks: wire.SetupLink{SetupURL: phone.OwnTracksURL(), URL: phone.Base + ingest.PathOwnTracks},
		Overland:  wire.SetupLink{SetupURL: phone.OverlandURL(), URL: phone.Base + ingest.PathOverland},
		Traccar:   wire.SetupTraccar{SetupURL: phone.TraccarURL(), URL: phone.Base + ingest.PathOsmAnd, DeviceID: phone.Token},
		OsmAnd:    wire.SetupOsmAnd{URL: phone.OsmAndURL()},
		GPSLogger: wire.SetupGPSLogger{URL: phone.GPSLoggerURL(), Method: http.MethodPost, Username: ingest.GPSLoggerUser, Password: phone.Token, Profile: phone.GPSLoggerProfile()},
	}
	for _, code := range []struct {
		text   string
		target *string
	}{{res.OwnTracks.SetupURL, &res.OwnTracks.QR}, {res.Overland.SetupURL, &res.Overland.QR}, {res.Traccar.SetupURL, &res.Traccar.QR}} {
		var err error
		if *code.target, err = qrCode(code.text); err != nil {
			return wire.SetupResponse{}, err
		}
	}
	return res, nil
}

// validToken tells whether s looks like a device token: nothing else may get into
// links that people open.
func validToken(s string) bool {
	rest, ok := strings.CutPrefix(s, "wm_dev_")
	return ok && len(rest) >= 20 && len(rest) <= 100 && strings.Trim(rest, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-") == ""
}

// qrCode is a PNG image of text, as a data: URL.
func qrCode(text string) (string, error) {
	code, err := qr.Encode(text, qr.M, qr.Auto)
	if err != nil { // too long for it
		code, err = qr.Encode(text, qr.L, qr.Auto)
	}
	if err != nil {
		return "", fmt.Errorf("make a QR code: %w", err)
	}
	modules := code.Bounds().Dx()
	side := (modules + 2*qrQuiet) * qrModule
	img := image.NewPaletted(image.Rect(0, 0, side, side), color.Palette{color.White, color.Black})
	for y := range side {
		for x := range side {
			mx, my := x/qrModule-qrQuiet, y/qrModule-qrQuiet
			if mx < 0 || my < 0 || mx >= modules || my >= modules {
				continue
			}
			if r, _, _, _ := code.At(mx, my).RGBA(); r == 0 {
				img.SetColorIndex(x, y, 1)
			}
		}
	}
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		return "", fmt.Errorf("make a QR image: %w", err)
	}
	return "data:image/png;base64," + base64.StdEncoding.EncodeToString(b.Bytes()), nil
}

func quoted(s string) []byte {
	raw, _ := json.Marshal(s) // a string can always be encoded
	return raw
}
