package ingest

import (
	"encoding/base64"
	"encoding/json"
	"net"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
)

// Where phones send to.
const (
	PathOwnTracks = "/api/ingest/owntracks"
	PathOsmAnd    = "/api/ingest/osmand"
	PathGPSLogger = "/api/ingest/gpslogger"
	PathOverland  = "/api/ingest/overland"
)

// GPSLoggerUser is the user of GPSLogger's basic authentication; any would do.
const GPSLoggerUser = "wemaps"

// Phone is what a set-up is made for.
type Phone struct {
	Base   string // https://host, without a slash at the end
	Token  string
	User   string // the user's name
	Device string // the phone's name, for people
}

// OwnTracksURL opens the app and sets it up. The base64 in it has none of the
// characters + / = that some browsers and versions of the app take differently.
func (p Phone) OwnTracksURL() string {
	configuration, err := json.Marshal(map[string]any{
		"_type": "configuration", "mode": 3, "url": p.Base + PathOwnTracks, "auth": true,
		"username": p.User, "password": p.Token, "deviceId": p.Device, "tid": shortName(p.User, nil),
		"monitoring": 1, "cmd": true, "allowRemoteLocation": true, "extendedData": true,
	})
	if err != nil { // strings and numbers only
		return ""
	}
	return "owntracks:///config?inline=" + plainBase64(configuration)
}

// plainBase64 encodes JSON so that only letters and digits come out. ASCII has
// its top bit clear, so that only the characters > ? ~ and DEL can give + or /;
// escaped they cannot. Spaces at the end make the length fit without padding.
func plainBase64(raw []byte) string {
	var b strings.Builder
	for _, r := range string(raw) {
		switch {
		case r == '>' || r == '?' || r == '~' || r >= 0x7f && r <= 0xffff:
			hex := strconv.FormatInt(int64(r), 16)
			b.WriteString(`\u` + strings.Repeat("0", 4-len(hex)) + hex)
		case r > 0xffff:
			r -= 0x10000
			b.WriteString(`\u` + strconv.FormatInt(0xd800+int64(r>>10), 16) + `\u` + strconv.FormatInt(0xdc00+int64(r&0x3ff), 16))
		default:
			b.WriteRune(r)
		}
	}
	for b.Len()%3 != 0 {
		b.WriteByte(' ')
	}
	return base64.StdEncoding.EncodeToString([]byte(b.String()))
}

// OverlandURL opens the app and sets it up.
func (p Phone) OverlandURL() string {
	return "overland://setup?url=" + escape(p.Base+PathOverland) + "&token=" + escape(p.Token) + "&device_id=" + escape(p.Device)
}

// TraccarURL is what Traccar Client's QR scanner takes: the server's URL, with
// the settings as parameters.
func (p Phone) TraccarURL() string { return p.Base + PathOsmAnd + "?id=" + escape(p.Token) }

// OsmAndURL is the template of OsmAnd's online tracking. Its speed is in m/s,
// other than Traccar's, and so is left to be seen from the places.
func (p Phone) OsmAndURL() string {
	return p.TraccarURL() + "&lat={0}&lon={1}&timestamp={2}&hdop={3}&altitude={4}&bearing={6}"
}

// GPSLoggerURL is the template of the app's custom URL; the token goes into the
// password of its basic authentication, where no log has it.
func (p Phone) GPSLoggerURL() string {
	return p.Base + PathGPSLogger + "?lat=%LAT&lon=%LON&timestamp=%TIMESTAMP&acc=%ACC&spd=%SPD&dir=%DIR&alt=%ALT&batt=%BATT&ser=%SER"
}

// GPSLoggerProfile is a profile file of the app with all of that.
func (p Phone) GPSLoggerProfile() string {
	var b strings.Builder
	for _, line := range [][2]string{
		{"current_profile_name", "WeMaps"}, {"log_customurl_enabled", "true"}, {"log_customurl_url", p.GPSLoggerURL()},
		{"log_customurl_method", "POST"}, {"log_customurl_basicauth_username", GPSLoggerUser}, {"log_customurl_basicauth_password", p.Token},
	} {
		b.WriteString(line[0] + "=" + strings.NewReplacer(`\`, `\\`, ":", `\:`, "=", `\=`).Replace(line[1]) + "\n")
	}
	return b.String()
}

// escape is for queries of apps' own URLs, which do not take + for a space.
func escape(s string) string { return strings.ReplaceAll(url.QueryEscape(s), "+", "%20") }

// Base is the public base URL of a request to host, for deployments that do not
// say theirs; "" if host is none. Phones on the internet insist on HTTPS; names
// and addresses of a private network have no certificates.
func Base(host string) string {
	u, err := url.Parse("http://" + host)
	if err != nil || host == "" || len(host) > 255 || u.Host != host || u.User != nil || strings.ContainsAny(host, "/?#@\\") {
		return ""
	}
	bare := u.Hostname()
	if bare == "localhost" || !strings.Contains(bare, ".") && net.ParseIP(bare) == nil || strings.HasSuffix(bare, ".local") {
		return "http://" + host
	}
	if a, err := netip.ParseAddr(bare); err == nil && (a.IsLoopback() || a.IsPrivate() || a.IsLinkLocalUnicast()) {
		return "http://" + host
	}
	return "https://" + host
}
