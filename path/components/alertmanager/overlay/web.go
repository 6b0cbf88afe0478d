// Alertmanager's web pages are not in its Go module: they are made by Node.js when a release is. Alerts are read and
// silenced through the interface below /api/v2, which needs none of them.
package ui

import "github.com/prometheus/common/route"

// Register registers nothing.
func Register(*route.Router) {}
