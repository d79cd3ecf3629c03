package hooks

import (
	"fmt"
	"strings"
	"time"

	"github.com/robfig/cron/v3"
)

// Cron tells when a schedule fires. It is immutable and safe for concurrent use.
type Cron interface {
	// Next is the first time after t, in the time zone of t unless the crontab names one; zero: never again.
	Next(t time.Time) time.Time
}

// ParseCron reads a crontab: five fields (minute first), six fields (second first), a descriptor such as @hourly or
// @every 1h30m. A prefix "CRON_TZ=Europe/Berlin " names a time zone.
func ParseCron(spec string) (Cron, error) {
	const common = cron.Minute | cron.Hour | cron.Dom | cron.Month | cron.Dow | cron.Descriptor
	zone, fields, _ := strings.Cut(strings.TrimSpace(spec), " ")
	if !strings.Contains(zone, "TZ=") {
		fields = zone
	}
	if strings.TrimSpace(fields) == "" { // the parser would panic
		return nil, fmt.Errorf("crontab %q is empty; five fields are minute, hour, day, month, weekday", spec)
	}
	schedule, err := cron.NewParser(cron.SecondOptional | common).Parse(strings.TrimSpace(spec))
	if err != nil {
		return nil, fmt.Errorf("crontab %q: %w", spec, err)
	}
	return schedule, nil
}
