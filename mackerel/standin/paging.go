package standin

import (
	"net/http"
	"slices"
	"strconv"
)

// paged cuts a list as limit and nextId say; an empty nextId is none.
func paged[T any](c *call, all []T, id func(T) string) (page []T, next string, err error) {
	limit := 100
	if text := c.URL.Query().Get("limit"); text != "" {
		if limit, err = strconv.Atoi(text); err != nil || limit < 1 || limit > 100 {
			return nil, "", refuse(http.StatusBadRequest, "limit must be from 1 to 100")
		}
	}
	if from := c.URL.Query().Get("nextId"); from != "" {
		i := slices.IndexFunc(all, func(x T) bool { return id(x) == from })
		if i < 0 {
			return nil, "", refuse(http.StatusBadRequest, "unknown nextId")
		}
		all = all[i:]
	}
	if len(all) > limit {
		return all[:limit], id(all[limit]), nil
	}
	return all, "", nil
}

func withNext(answer map[string]any, next string) map[string]any {
	if next != "" {
		answer["nextId"] = next
	}
	return answer
}
