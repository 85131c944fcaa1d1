package wire

// Session is one sign-in of a user: a phone, a browser.
type Session struct {
	ID         string `json:"id"`
	UserAgent  string `json:"userAgent"`
	CreatedAt  Time   `json:"createdAt"`
	LastUsedAt Time   `json:"lastUsedAt"` // sign-in or newest refresh
	ExpiresAt  Time   `json:"expiresAt"`  // unless it is refreshed before
	Current    bool   `json:"current"`    // the one that asks
}

// SessionsResponse lists live sessions, newest first.
type SessionsResponse struct {
	Sessions []Session `json:"sessions"`
}

// PasswordRequest is the body of PUT /api/auth/password. CurrentPassword is
// required when the account has one.
type PasswordRequest struct {
	CurrentPassword *string `json:"currentPassword,omitempty"`
	NewPassword     *string `json:"newPassword"`
}

// EraseRequest is the body of DELETE /api/auth/me. Password is required when
// the account has one.
type EraseRequest struct {
	Password *string `json:"password,omitempty"`
}

// DeviceToken is a phone app's key; its secret is shown only once.
type DeviceToken struct {
	ID        string   `json:"id"`
	Name      string   `json:"name"`
	Rooms     []string `json:"rooms"` // empty: all of the user's rooms
	CreatedAt Time     `json:"createdAt"`
}

// CreateDeviceTokenRequest is the body of POST /api/auth/device-tokens.
type CreateDeviceTokenRequest struct {
	Name  *string  `json:"name"`
	Rooms []string `json:"rooms,omitempty"`
}

// CreateDeviceTokenResponse is the only answer that ever holds the token.
type CreateDeviceTokenResponse struct {
	DeviceToken DeviceToken `json:"deviceToken"`
	Token       string      `json:"token"`
}

// DeviceTokensResponse lists live device tokens, newest first.
type DeviceTokensResponse struct {
	DeviceTokens []DeviceToken `json:"deviceTokens"`
}

// AccountExport is everything that auth knows of a user.
type AccountExport struct {
	ExportedAt   Time          `json:"exportedAt"`
	User         User          `json:"user"`
	HasPassword  bool          `json:"hasPassword"`
	Sessions     []Session     `json:"sessions"`
	DeviceTokens []DeviceToken `json:"deviceTokens"`
}
