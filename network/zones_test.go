package network

import (
	"slices"
	"strings"
	"testing"
)

func TestPick(t *testing.T) {
	virginia := []zone{
		{"use1-az6", "us-east-1a"}, {"use1-az1", "us-east-1b"}, {"use1-az2", "us-east-1c"},
		{"use1-az4", "us-east-1d"}, {"use1-az3", "us-east-1e"}, {"use1-az5", "us-east-1f"},
	}
	paris := []zone{{"euw3-az2", "eu-west-3a"}, {"euw3-az1", "eu-west-3b"}, {"euw3-az3", "eu-west-3c"}}
	for _, c := range []struct {
		name   string
		region string
		count  int
		zones  []zone
		want   []string
	}{
		{"the first zones by id are chosen, whatever this account calls them", "us-east-1", 2, virginia, []string{"us-east-1b", "us-east-1c"}},
		{"a zone that can't hold a VPC link is passed over", "us-east-1", 3, virginia, []string{"us-east-1b", "us-east-1c", "us-east-1d"}},
		{"so it is when it would be the first", "eu-west-3", 2, paris, []string{"eu-west-3b", "eu-west-3c"}},
		{"in a Region that the list doesn't know every zone will do", "xx-test-1", 2, []zone{{"xxt1-az2", "b"}, {"xxt1-az1", "a"}}, []string{"a", "b"}},
		{"the tenth zone comes after the second", "xx-test-1", 2, []zone{{"xxt1-az10", "j"}, {"xxt1-az2", "b"}, {"xxt1-az3", "c"}}, []string{"b", "c"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := pick(c.region, c.count, slices.Clone(c.zones))
			if err != nil || !slices.Equal(got, c.want) {
				t.Errorf("got %v and %v, want %v", got, err, c.want)
			}
		})
	}
	t.Run("too few zones are an error that names the rejected ones and why", func(t *testing.T) {
		_, err := pick("eu-west-3", 3, slices.Clone(paris))
		const want = "availability zones of eu-west-3: network.zones asks for 3, but only 2 can be used (euw3-az1, euw3-az3); " +
			"rejected, because API Gateway can't place a VPC link there: euw3-az2 (eu-west-3a). " +
			"Lower network.zones or choose another Region"
		if err == nil || err.Error() != want {
			t.Errorf("got %v\nwant %s", err, want)
		}
	})
	t.Run("too few zones without a rejected one are an error too", func(t *testing.T) {
		_, err := pick("us-west-1", 3, []zone{{"usw1-az1", "us-west-1b"}, {"usw1-az3", "us-west-1a"}})
		if err == nil || strings.Contains(err.Error(), "rejected") {
			t.Errorf("got %v", err)
		}
	})
}

func TestLinkZones(t *testing.T) {
	t.Run("the list has the form that the choice relies on", func(t *testing.T) {
		for region, ids := range linkZones {
			if len(ids) < 2 || !slices.IsSorted(ids) {
				t.Errorf("%s has %v", region, ids)
			}
			prefix, _, _ := strings.Cut(ids[0], "-az")
			for _, id := range ids {
				if !strings.HasPrefix(id, prefix+"-az") {
					t.Errorf("%s has %s among the zones of %s", region, id, prefix)
				}
			}
		}
	})
}
