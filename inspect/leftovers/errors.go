package leftovers

import (
	"errors"
	"slices"

	"sallyport/inspect/api"
)

// join tells of all that failed; where every search did for want of something else than a permission, such as
// credentials, one error says it.
func join(failed []error) error {
	none := func(err error) bool { return err == nil }
	denied := func(err error) bool { _, ok := api.Denied(err); return ok }
	if !slices.ContainsFunc(failed, none) && !slices.ContainsFunc(failed, denied) {
		return failed[0]
	}
	return errors.Join(failed...)
}
