package settings

import (
	"net/netip"
	"testing"
)

func FuzzCIDR(f *testing.F) {
	for _, seed := range []string{"10.0.0.0/16", "10.1.2.3/16", "172.31.0.0/28", "100.64.0.0/10", "fd00::/20", "::ffff:10.0.0.0/112", "010.0.0.0/16", "10.0.0.0/+16", ""} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, cidr string) {
		if checkCIDR(cidr) != nil {
			return
		}
		p, err := netip.ParsePrefix(cidr)
		if err != nil {
			t.Fatalf("%q is taken and is no network", cidr)
		}
		last := p.Addr().As4()
		for bit := p.Bits(); bit < 32; bit++ {
			last[bit/8] |= 0x80 >> (bit % 8)
		}
		shared := netip.MustParsePrefix("100.64.0.0/10")
		for _, address := range []netip.Addr{p.Addr(), netip.AddrFrom4(last)} {
			if !address.IsPrivate() && !shared.Contains(address) {
				t.Errorf("%q is taken, and %s is public", cidr, address)
			}
		}
		// What is taken must be fit for the arithmetic that follows.
		for zones := 2; zones <= 6; zones++ {
			checkRoom(&Settings{Network: Network{CIDR: cidr, Zones: zones}, App: App{Count: 1}})
		}
	})
}

func FuzzValues(f *testing.F) {
	for _, seed := range []string{"", "1", "true", "[]", "{}", "null", `{"a":1e400}`, `["/tmp",null]`, "{}{}", `{"a":{}}`, "99999999999999999999"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		for _, row := range table {
			var s Settings
			if row.value.read(&s, raw) != nil {
				continue
			}
			// A value that was taken is taken again, as the same one, when it is written the way the stack file would have it.
			first := stored(row, &s)
			if err := row.value.read(&s, first); err != nil {
				t.Errorf("%s: %q is taken and %q is not: %v", row.key, raw, first, err)
			}
			if second := stored(row, &s); second != first {
				t.Errorf("%s: %q became %q", row.key, first, second)
			}
		}
	})
}

// What is taken must be fit for the code that takes it apart.
func FuzzSecrets(f *testing.F) {
	for _, seed := range []string{secret, secret + ":key::", parameter, "arn:aws:secretsmanager", "arn::::::", ""} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, valueFrom string) {
		if checkValueFrom(valueFrom) != nil {
			return
		}
		s := &Settings{AWS: AWS{Region: "us-east-1"}, App: App{Secrets: map[string]string{"A": valueFrom}}}
		checkSecretRelations(s, func(...string) bool { return true })
		if services := len(s.StartServices()); services != 4 {
			t.Errorf("%q is taken, and read from %v", valueFrom, s.StartServices())
		}
	})
}
