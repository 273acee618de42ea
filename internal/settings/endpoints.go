package settings

// Endpoints are the services that the stack makes an interface endpoint for: StartServices, or none where another way
// out leads to them.
func (s *Settings) Endpoints() []string {
	if s.Network.Existing() || s.Network.Egress != EgressEndpoints {
		return nil
	}
	return s.StartServices()
}

// StartServices are the AWS services that a task is started with, by the settings, and no more, each named as in
// com.amazonaws.REGION.SERVICE. S3 is not among them: the layers of an image come through a gateway endpoint, which every
// VPC of a stack has. https://docs.aws.amazon.com/AmazonECS/latest/developerguide/vpc-endpoints.html lists them.
func (s *Settings) StartServices() []string {
	var needed []string
	for _, endpoint := range []struct {
		service string
		needed  bool
	}{
		{"ecr.api", true},
		{"ecr.dkr", true},
		{"logs", true},
		{"secretsmanager", s.App.Reads("secretsmanager")},
		{"ssm", s.App.Reads("ssm")},
		{"ssmmessages", s.App.Exec},
	} {
		if endpoint.needed {
			needed = append(needed, endpoint.service)
		}
	}
	return needed
}
