package api

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"github.com/wemaps/wemaps/libs/httpx"
	"github.com/wemaps/wemaps/libs/wire"
	"github.com/wemaps/wemaps/services/auth/internal/account"
)

func (a *api) createDevice(c echo.Context) error {
	var req wire.CreateDeviceTokenRequest
	if err := httpx.Bind(c, &req); err != nil {
		return err
	}
	device, token, err := a.accounts.CreateDevice(c.Request().Context(), self(c).ID, text(req.Name), req.Rooms)
	if err != nil {
		return err
	}
	return answer(c, http.StatusCreated, wire.CreateDeviceTokenResponse{DeviceToken: wireDevice(device), Token: token})
}

func (a *api) devices(c echo.Context) error {
	devices, err := a.accounts.Devices(c.Request().Context(), self(c).ID)
	if err != nil {
		return err
	}
	return answer(c, http.StatusOK, wire.DeviceTokensResponse{DeviceTokens: wireDevices(devices)})
}

func (a *api) revokeDevice(c echo.Context) error {
	if err := a.accounts.RevokeDevice(c.Request().Context(), self(c).ID, c.Param("id")); err != nil {
		return err
	}
	return answer(c, http.StatusOK, wire.MessageResponse{Message: "Device token revoked"})
}

func wireDevice(d account.Device) wire.DeviceToken {
	return wire.DeviceToken{ID: d.ID, Name: d.Name, Rooms: d.Rooms, CreatedAt: wire.At(d.CreatedAt)}
}

func wireDevices(devices []account.Device) []wire.DeviceToken {
	out := make([]wire.DeviceToken, len(devices))
	for i, d := range devices {
		out[i] = wireDevice(d)
	}
	return out
}
