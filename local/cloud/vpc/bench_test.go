package vpc

import "testing"

func BenchmarkCheck(b *testing.B) {
	n := networkOf(stack())
	b.Run("passes", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if err := n.Check(link, balancer, 80); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("blocked", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if err := n.Check(link, balancer, 81); err == nil {
				b.Fatal("it passes")
			}
		}
	})
}

func TestCheckThatPassesAllocatesNothing(t *testing.T) {
	n := networkOf(stack())
	if allocated := testing.AllocsPerRun(100, func() { _ = n.Check(link, balancer, 80) }); allocated != 0 {
		t.Errorf("%v allocations for a check", allocated)
	}
}
