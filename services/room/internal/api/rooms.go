package api

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"github.com/wemaps/wemaps/libs/httpx"
	"github.com/wemaps/wemaps/libs/wire"
	"github.com/wemaps/wemaps/services/room/internal/publish"
	"github.com/wemaps/wemaps/services/room/internal/room"
)

func (a *API) create(c echo.Context) error {
	var req wire.CreateRoomRequest
	if err := httpx.Bind(c, &req); err != nil {
		return err
	}
	switch {
	case req.Name == nil:
		return required("name")
	case req.DestinationName == nil:
		return required("destinationName")
	case req.DestinationLat == nil:
		return required("destinationLat")
	case req.DestinationLng == nil:
		return required("destinationLng")
	}
	r, err := a.rooms.Create(c.Request().Context(), user(c), room.Draft{
		Name:        *req.Name,
		Destination: room.Place{Name: *req.DestinationName, Lat: *req.DestinationLat, Lng: *req.DestinationLng},
		MaxMembers:  req.MaxMembers,
		LifeHours:   req.ExpiresIn,
	})
	if err != nil {
		return err
	}
	return c.JSON(http.StatusCreated, wire.RoomResponse{Room: publish.Room(r)})
}

func (a *API) list(c echo.Context) error {
	rooms, err := a.rooms.List(c.Request().Context(), user(c).ID)
	if err != nil {
		return err
	}
	out := wire.RoomsResponse{Rooms: make([]wire.Room, len(rooms))}
	ids := make([]string, len(rooms))
	for i := range rooms {
		ids[i] = rooms[i].Room.ID
	}
	unread := a.unread.Count(c.Request().Context(), user(c).ID, ids)
	for i := range rooms {
		s := &rooms[i]
		out.Rooms[i] = publish.Room(&s.Room)
		out.Rooms[i].CreatedBy, out.Rooms[i].MemberCount, out.Rooms[i].UserRole = &s.Room.CreatorName, &s.MemberCount, (*string)(&s.Role)
		out.Rooms[i].UnreadCount = unread[i]
	}
	return c.JSON(http.StatusOK, out)
}

func (a *API) join(c echo.Context) error {
	var req wire.JoinRoomRequest
	if err := httpx.Bind(c, &req); err != nil {
		return err
	}
	if req.RoomCode == nil {
		return required("roomCode")
	}
	joined, err := a.rooms.Join(c.Request().Context(), user(c), clientAddr(c.Request()), *req.RoomCode, req.Nickname)
	if err != nil {
		return err
	}
	out := wire.JoinRoomResponse{Room: publish.Room(joined.Room), Member: publish.Member(&joined.Member), IsRejoining: joined.Rejoining}
	out.Room.CreatedBy = &joined.Room.CreatorName
	return c.JSON(http.StatusOK, out)
}

func (a *API) get(c echo.Context) error {
	r, err := a.rooms.Get(c.Request().Context(), user(c).ID, c.Param("id"))
	if err != nil {
		return err
	}
	public := detailed(&r, user(c).ID)
	return c.JSON(http.StatusOK, wire.RoomDetailResponse{Room: public, Members: public.Members, MemberCount: len(public.Members)})
}

func (a *API) leave(c echo.Context) error {
	if err := a.rooms.Leave(c.Request().Context(), user(c).ID, c.Param("id")); err != nil {
		return err
	}
	return c.JSON(http.StatusOK, wire.MessageResponse{Message: "Successfully left the room"})
}

// detailed is a room with everything that a member may see.
func detailed(r *room.Room, userID string) wire.Room {
	public := publish.Room(r)
	public.CreatedBy, public.Members = &r.CreatorName, publish.Members(r)
	count := len(public.Members)
	public.MemberCount = &count
	if m := r.Present(userID); m != nil {
		public.UserRole = (*string)(&m.Role)
	}
	return public
}

func user(c echo.Context) room.User {
	claims := httpx.User(c)
	return room.User{ID: claims.UserID, Name: claims.Name}
}
