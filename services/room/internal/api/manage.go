package api

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"github.com/wemaps/wemaps/libs/httpx"
	"github.com/wemaps/wemaps/libs/wire"
	"github.com/wemaps/wemaps/services/room/internal/publish"
	"github.com/wemaps/wemaps/services/room/internal/room"
)

func (a *API) update(c echo.Context) error {
	var req wire.UpdateRoomRequest
	if err := httpx.Bind(c, &req); err != nil {
		return err
	}
	p := room.Patch{Name: req.Name, DestinationName: req.DestinationName, DestinationLat: req.DestinationLat,
		DestinationLng: req.DestinationLng, MaxMembers: req.MaxMembers, LifeHours: req.ExpiresIn}
	if req.Waypoints != nil {
		places := make([]room.Place, len(*req.Waypoints))
		for i, w := range *req.Waypoints {
			places[i] = room.Place(w)
		}
		p.Waypoints = &places
	}
	return a.answer(c)(a.rooms.Update(c.Request().Context(), user(c).ID, c.Param("id"), p))
}

func (a *API) close(c echo.Context) error {
	return a.answer(c)(a.rooms.Close(c.Request().Context(), user(c).ID, c.Param("id")))
}

func (a *API) rotateCode(c echo.Context) error {
	return a.answer(c)(a.rooms.RotateCode(c.Request().Context(), user(c).ID, c.Param("id")))
}

func (a *API) transfer(c echo.Context) error {
	var req wire.TransferRequest
	if err := httpx.Bind(c, &req); err != nil {
		return err
	}
	if req.UserID == nil {
		return required("userId")
	}
	return a.answer(c)(a.rooms.Transfer(c.Request().Context(), user(c).ID, c.Param("id"), *req.UserID))
}

func (a *API) setRole(c echo.Context) error {
	var req wire.RoleRequest
	if err := httpx.Bind(c, &req); err != nil {
		return err
	}
	if req.Role == nil {
		return required("role")
	}
	return a.answer(c)(a.rooms.SetRole(c.Request().Context(), user(c).ID, c.Param("id"), c.Param("userId"), room.Role(*req.Role)))
}

func (a *API) remove(c echo.Context) error { return a.expel(c, false, "Member removed") }

func (a *API) ban(c echo.Context) error { return a.expel(c, true, "Member banned") }

func (a *API) expel(c echo.Context, ban bool, done string) error {
	if err := a.rooms.Remove(c.Request().Context(), user(c).ID, c.Param("id"), c.Param("userId"), ban); err != nil {
		return err
	}
	return c.JSON(http.StatusOK, wire.MessageResponse{Message: done})
}

func (a *API) unban(c echo.Context) error {
	if err := a.rooms.Unban(c.Request().Context(), user(c).ID, c.Param("id"), c.Param("userId")); err != nil {
		return err
	}
	return c.JSON(http.StatusOK, wire.MessageResponse{Message: "Ban lifted"})
}

// answer shows the changed room to the one who changed it.
func (a *API) answer(c echo.Context) func(*room.Room, error) error {
	return func(r *room.Room, err error) error {
		if err != nil {
			return err
		}
		return c.JSON(http.StatusOK, wire.RoomResponse{Room: detailed(r, user(c).ID)})
	}
}

func (a *API) share(c echo.Context) error {
	var req wire.ShareRequest
	if err := httpx.Bind(c, &req); err != nil {
		return err
	}
	s, token, err := a.rooms.Share(c.Request().Context(), user(c).ID, c.Param("id"), req.ExpiresIn)
	if err != nil {
		return err
	}
	out := wireShare(s)
	out.Token = token
	return c.JSON(http.StatusCreated, wire.ShareResponse{Share: out})
}

func (a *API) listShares(c echo.Context) error {
	shares, err := a.rooms.ListShares(c.Request().Context(), user(c).ID, c.Param("id"))
	if err != nil {
		return err
	}
	out := wire.SharesResponse{Shares: make([]wire.Share, len(shares))}
	for i, s := range shares {
		out.Shares[i] = wireShare(s)
	}
	return c.JSON(http.StatusOK, out)
}

func (a *API) revokeShare(c echo.Context) error {
	if err := a.rooms.RevokeShare(c.Request().Context(), user(c).ID, c.Param("id"), c.Param("shareId")); err != nil {
		return err
	}
	return c.JSON(http.StatusOK, wire.MessageResponse{Message: "Link revoked"})
}

func (a *API) shared(c echo.Context) error {
	r, s, err := a.rooms.Shared(c.Request().Context(), c.Param("token"))
	if err != nil {
		return err
	}
	c.Response().Header().Set(echo.HeaderCacheControl, "no-store") // the address is the secret
	c.Response().Header().Set("Referrer-Policy", "no-referrer")
	out := wire.SharedRoom{Name: r.Name, DestinationName: r.Destination.Name, DestinationLat: r.Destination.Lat,
		DestinationLng: r.Destination.Lng, Waypoints: []wire.Waypoint{}, Status: string(r.Status), ExpiresAt: wire.At(r.ExpiresAt),
		LinkExpiresAt: wire.At(s.ExpiresAt), Members: []wire.SharedMember{}}
	out.Waypoints = append(out.Waypoints, publish.Waypoints(r.Waypoints)...)
	for _, m := range publish.Members(r) {
		out.Members = append(out.Members, wire.SharedMember{Nickname: m.Nickname, Role: m.Role, JoinedAt: m.JoinedAt})
	}
	out.MemberCount = len(out.Members)
	return c.JSON(http.StatusOK, wire.SharedRoomResponse{Room: out})
}

func wireShare(s room.Share) wire.Share {
	return wire.Share{ID: s.ID, CreatedBy: s.CreatedBy, CreatedAt: wire.At(s.CreatedAt), ExpiresAt: wire.At(s.ExpiresAt)}
}
