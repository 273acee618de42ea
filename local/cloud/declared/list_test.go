package declared

import (
	"errors"
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
)

func TestList(t *testing.T) {
	type page struct {
		elements []int
		next     *string
		err      error
	}
	read := func(pages map[string]page) ([]int, error) {
		return list(
			func(token *string) (*page, error) { p := pages[aws.ToString(token)]; return &p, p.err },
			func(p *page) ([]int, *string) { return p.elements, p.next })
	}
	t.Run("all pages are read", func(t *testing.T) {
		got, err := read(map[string]page{"": {[]int{1, 2}, aws.String("a"), nil}, "a": {[]int{3}, aws.String("b"), nil}, "b": {[]int{4}, nil, nil}})
		if err != nil || !slices.Equal(got, []int{1, 2, 3, 4}) {
			t.Error(got, err)
		}
	})
	t.Run("an error on a later page is the error", func(t *testing.T) {
		broken := errors.New("broken")
		if got, err := read(map[string]page{"": {[]int{1}, aws.String("a"), nil}, "a": {err: broken}}); err != broken || got != nil {
			t.Error(got, err)
		}
	})
	t.Run("a page that is its own next one ends with an error", func(t *testing.T) {
		_, err := read(map[string]page{"": {[]int{1}, aws.String("a"), nil}, "a": {[]int{2}, aws.String("a"), nil}})
		if err == nil || err.Error() != `the page after "a" is itself` {
			t.Error(err)
		}
	})
}
