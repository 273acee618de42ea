package settings

import (
	"strings"
	"testing"
)

// Pulumi passes on the defaults of Pulumi.yaml as if the stack had set them.
func TestADefaultThatIsSetContradictsNothing(t *testing.T) {
	config := map[string]string{}
	for _, row := range table {
		if !strings.Contains(row.key, ":") {
			config["sallyport:"+row.key] = text(row.value.standard())
		}
	}
	if _, err := load(t, "dev", with(config)); err != nil {
		t.Error(err)
	}
	config["sallyport:network.vpcId"], config["sallyport:network.privateSubnetIds"] = "vpc-12345678", `["subnet-12345678","subnet-12345679"]`
	config["sallyport:cluster.name"] = "shared"
	got, err := load(t, "dev", with(config))
	if err != nil || !got.Network.Existing() {
		t.Errorf("got %+v and %v", got, err)
	}
}
