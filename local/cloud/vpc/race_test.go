package vpc

import (
	"net/netip"
	"sync"
	"testing"

	"sallyport/local/cloud/declared"
)

// Its assertions are few: it is for the race detector.
func TestEverythingAtOnce(t *testing.T) {
	snapshots := []*declared.Snapshot{stack(), stack()}
	var mu sync.Mutex
	turn := 0
	n := &Network{Declared: func() *declared.Snapshot {
		mu.Lock()
		defer mu.Unlock()
		turn++
		return snapshots[turn%2]
	}}
	local := listen(t)
	var wait sync.WaitGroup
	for range 4 {
		wait.Go(func() {
			for range 50 {
				address, err := n.Allocate(snapshots[0], "subnet-1")
				if err != nil {
					t.Error(err)
					return
				}
				task := Interface{Address: address, SubnetID: "subnet-1", GroupIDs: []string{"sg-service"}}
				n.Attach(task, map[int]netip.AddrPort{3000: local})
				if err := dial(t, n, balancer, netip.AddrPortFrom(address, 3000).String()); err != nil {
					t.Error(err)
				}
				if err := n.Reaches(task, "ecr.api"); err != nil {
					t.Error(err)
				}
				n.Detach(task)
				n.Release("subnet-1", address)
				if i, ok := n.Interface("subnet-1", address); ok {
					t.Logf("%s is another task's already", i.Address)
				}
			}
		})
	}
	wait.Wait()
	if len(n.attached) != 0 || len(n.reserved) != 0 {
		t.Errorf("left over: %v, %v", n.attached, n.reserved)
	}
}
