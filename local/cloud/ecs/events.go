package ecs

import (
	"fmt"
	"strings"
	"time"
)

// eventLimit is how many events a service keeps,
// https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_Service.html
const eventLimit = 100

// steadyEvery is how often a service that stays steady says so again: at most every six hours,
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-event-messages.html
const steadyEvery = 6 * time.Hour

// event is one line in the history of a service. Its texts are AWS's,
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-event-messages-list.html
type event struct {
	ID        string  `json:"id"`
	CreatedAt float64 `json:"createdAt"`
	Message   string  `json:"message"`
}

// event puts a message that begins with the service's name before all others. The lock is held.
func (v *service) event(format string, args ...any) {
	v.eventOf("", format, args...)
}

// eventOf is event with more behind the name, inside the parentheses.
func (v *service) eventOf(more, format string, args ...any) {
	message := fmt.Sprintf("(service %s%s) ", v.name, more) + fmt.Sprintf(format, args...)
	v.events = append([]event{{ID: newUUID(), CreatedAt: epoch(time.Now()), Message: message}}, v.events...)
	v.events = v.events[:min(len(v.events), eventLimit)]
	v.scheduler.Log.Info("ecs", "event", message)
}

// listed is how events name tasks.
func listed(tasks []*task) string {
	names := make([]string, len(tasks))
	for i, t := range tasks {
		names[i] = "(task " + t.id + ")"
	}
	return strings.Join(names, " ")
}
