// Package leftovers finds what is still there of a stack, by its tags, once it should be gone.
package leftovers

// Item is one resource that is left.
type Item struct {
	Kind string // AWS's own name in plain words: NAT gateway
	ID   string // what AWS identifies it by: an id, an ARN or a name
	Name string // its name, where it has one beside the ID
	// Costs is the list price of us-east-1, or what the price goes by; empty where it costs nothing by itself.
	Costs string
	Why   string // why it may have been left, where that is known
	// Delete is the command of the AWS CLI that deletes it; empty where it goes with something else.
	Delete string

	rank int // its place among the kinds, what costs most first
}
