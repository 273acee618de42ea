package ecs

import (
	"cmp"
	"slices"
	"time"

	"sallyport/local/cloud/vpc"
)

// Attachment is the network interface of a task, as EC2 knows it.
type Attachment struct {
	// InterfaceID is eni- and 17 hexadecimal digits, MAC six bytes with colons.
	InterfaceID, MAC string
	// ARN is that of the attachment: EC2 shows it as the interface's description.
	ARN       string
	Interface vpc.Interface
	At        time.Time
}

// Attachments returns the network interfaces of all tasks that are not STOPPED, the oldest first.
func (s *Scheduler) Attachments() []Attachment {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []Attachment
	for _, v := range s.services {
		for _, t := range v.tasks {
			if t.network.Address.IsValid() {
				all = append(all, Attachment{
					InterfaceID: t.interfaceID(), MAC: t.mac(), ARN: arnOf(t.arn, "attachment", t.attachment), Interface: t.network, At: t.connected,
				})
			}
		}
	}
	slices.SortFunc(all, func(a, b Attachment) int {
		return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.InterfaceID, b.InterfaceID))
	})
	return all
}

func (t *task) interfaceID() string { return "eni-0" + t.id[:16] }

// mac begins with the bits of an address that is administered locally.
func (t *task) mac() string {
	return "0a:" + t.id[0:2] + ":" + t.id[2:4] + ":" + t.id[4:6] + ":" + t.id[6:8] + ":" + t.id[8:10]
}

// describeAttachment is the task's network interface as ECS tells it: the public address is for EC2 to tell.
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-task-networking.html
func (t *task) describeAttachment() map[string]any {
	status, details := "PRECREATED", []map[string]string{{"name": "subnetId", "value": t.network.SubnetID}}
	if address := t.network.Address; address.IsValid() {
		status = "ATTACHED"
		details = append(details,
			map[string]string{"name": "networkInterfaceId", "value": t.interfaceID()},
			map[string]string{"name": "macAddress", "value": t.mac()},
			map[string]string{"name": "privateIPv4Address", "value": address.String()})
	}
	if t.status == "STOPPED" {
		status = "DELETED"
	}
	return map[string]any{"id": t.attachment, "type": "ElasticNetworkInterface", "status": status, "details": details}
}

// allocate gives a task its addresses: a public one, where its service asks for that, whatever the subnet's routes are.
func (s *Scheduler) allocate(t *task) (vpc.Interface, error) {
	i := t.network
	var err error
	if i.Address, err = s.Network.Allocate(i.SubnetID); err != nil {
		return i, err
	}
	if t.deployment.revision.network.AssignPublicIP == "ENABLED" {
		if i.PublicAddress, err = s.Network.AllocatePublic(); err != nil {
			s.release(i)
		}
	}
	return i, err
}

func (s *Scheduler) release(i vpc.Interface) {
	s.Network.Release(i.SubnetID, i.Address)
	if i.PublicAddress.IsValid() {
		s.Network.ReleasePublic(i.PublicAddress)
	}
}
