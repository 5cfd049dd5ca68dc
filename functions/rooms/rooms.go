// Package rooms is the part of the API that makes rooms and finds them.
package rooms

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/tutti-live/tutti/shared/apierr"
	"github.com/tutti-live/tutti/shared/config"
	"github.com/tutti-live/tutti/shared/httpserve"
	"github.com/tutti-live/tutti/shared/room"
)

// MaxBodyBytes is the longest body of a request.
const MaxBodyBytes = 1 << 20

// Service makes rooms and finds them.
type Service struct {
	Store        *room.Store
	Log          *slog.Logger
	Links        config.Links
	MaxTextBytes int
	Creations    *httpserve.Limiter // rooms made by one client
	Misses       *httpserve.Limiter // ids tried by one client that no room has
}

// RoomRequest is what a room may be made with.
type RoomRequest struct {
	_        struct{}    `additionalProperties:"true"`
	Language string      `json:"language,omitempty" pattern:"^[a-z0-9._+#-]{1,32}$" doc:"Language of the text" example:"python"`
	Code     unicodeText `json:"code,omitempty" doc:"The text that the room starts with"`
}

// unicodeText is text without lone surrogates: they are refused, because the
// decoder would replace them silently.
type unicodeText string

// UnmarshalJSON reads a string in valid Unicode.
func (t *unicodeText) UnmarshalJSON(b []byte) error {
	if !jsontext.Value(b).IsValid() {
		return errors.New("not valid Unicode")
	}
	return json.Unmarshal(b, (*string)(t))
}

// Room is what whoever made a room needs to know of it.
type Room struct {
	RoomID    string `json:"room_id" doc:"Whoever knows it can join" example:"a972ed"`
	JoinURL   string `json:"join_url" doc:"The link to share" example:"http://localhost:3000/a972ed"`
	WSURL     string `json:"ws_url" doc:"Where clients of the JSON protocol connect" example:"ws://localhost:8000/ws/a972ed"`
	YjsURL    string `json:"yjs_url" doc:"Where Yjs clients connect" example:"ws://localhost:8000/yjs/a972ed"`
	ExpiresIn int    `json:"expires_in" doc:"Seconds without activity after which the room is gone" example:"7200"`
}

type createInput struct{ Body *RoomRequest }

type createOutput struct{ Body Room }

// RegisterCreate adds POST /rooms.
func (s *Service) RegisterCreate(api huma.API) {
	huma.Register(api, huma.Operation{
		OperationID:   "create-room",
		Method:        http.MethodPost,
		Path:          "/rooms",
		DefaultStatus: http.StatusCreated,
		MaxBodyBytes:  MaxBodyBytes + 1, // huma refuses from this length on
		Summary:       "Make a room",
		Tags:          []string{"rooms"},
		Errors:        []int{http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType, http.StatusTooManyRequests, http.StatusServiceUnavailable},
	}, s.create)
}

func (s *Service) create(ctx context.Context, in *createInput) (*createOutput, error) {
	if retry, ok := s.Creations.Allow(httpserve.ClientOf(ctx)); !ok {
		return nil, apierr.New(apierr.RateLimited, "too many rooms from one address; wait a moment").After(retry)
	}
	var request RoomRequest
	if in.Body != nil {
		request = *in.Body
	}
	text := room.NormalizeText(string(request.Code))
	if len(text) > s.MaxTextBytes {
		return nil, apierr.New(apierr.TooLarge, "code has %d bytes, a room holds %d", len(text), s.MaxTextBytes)
	}
	id, err := s.Store.Create(ctx, text, request.Language)
	if err != nil {
		s.Log.WarnContext(ctx, "no room was made", slog.Any("error", err))
		return nil, apierr.From(err)
	}
	s.Log.InfoContext(ctx, "room made", room.LogAttr(id))
	return &createOutput{Body: Room{
		RoomID:    id,
		JoinURL:   fmt.Sprintf("%s/%s", s.Links.BaseURL, id),
		WSURL:     fmt.Sprintf("%s/ws/%s", s.Links.WSBaseURL, id),
		YjsURL:    fmt.Sprintf("%s/yjs/%s", s.Links.WSBaseURL, id),
		ExpiresIn: s.Store.TTLSeconds(),
	}}, nil
}

// RoomExistence is the answer to whether there is a room.
type RoomExistence struct {
	Exists bool   `json:"exists"`
	RoomID string `json:"room_id" doc:"The id that was asked for" example:"a972ed"`
}

type existsInput struct {
	RoomID string `path:"room_id" doc:"Any text" example:"a972ed"`
}

type existsOutput struct{ Body RoomExistence }

// RegisterExists adds GET /rooms/{room_id}/exists.
func (s *Service) RegisterExists(api huma.API) {
	huma.Register(api, huma.Operation{
		OperationID: "room-exists",
		Method:      http.MethodGet,
		Path:        "/rooms/{room_id}/exists",
		Summary:     "Is there a room with this id?",
		Tags:        []string{"rooms"},
		Errors:      []int{http.StatusTooManyRequests, http.StatusServiceUnavailable},
	}, s.exists)
}

// exists answers for any id. Ids that a room could have cost a client that
// tries many of them without luck: then it gets no answers for a while, not
// even about rooms that there are. Each miss is charged, so that it is no use
// to try many at once.
func (s *Service) exists(ctx context.Context, in *existsInput) (*existsOutput, error) {
	out := &existsOutput{Body: RoomExistence{RoomID: in.RoomID}}
	if !room.ValidID(in.RoomID) {
		return out, nil
	}
	client := httpserve.ClientOf(ctx)
	if retry, ok := s.Misses.Check(client); !ok {
		return nil, apierr.New(apierr.RateLimited, "too many ids that no room has; wait a moment").After(retry)
	}
	exists, err := s.Store.Exists(ctx, in.RoomID)
	if err != nil {
		s.Log.WarnContext(ctx, "cannot tell whether a room exists", slog.Any("error", err))
		return nil, apierr.From(err)
	}
	if !exists {
		s.Misses.Charge(client)
	}
	out.Body.Exists = exists
	return out, nil
}
