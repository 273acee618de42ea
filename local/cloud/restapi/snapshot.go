package restapi

import "sallyport/local/cloud/declared"

// Declared returns all that is declared now. Nothing of it changes later.
func (s *Store) Declared() declared.Rest {
	s.mu.Lock()
	defer s.mu.Unlock()
	read := declared.Rest{
		RestAPIs: map[string]declared.RestAPI{}, UsagePlans: map[string]declared.UsagePlan{},
		APIKeys: map[string]declared.APIKey{}, RestVpcLinks: map[string]declared.RestVpcLink{},
	}
	// Each part was read as what it is when it was declared.
	_ = into(s.keys, &read.APIKeys)
	_ = into(s.links, &read.RestVpcLinks)
	for id, o := range s.plans {
		var plan declared.UsagePlan
		_ = into(o, &plan)
		for key := range s.planKeys[id] {
			plan.Keys = append(plan.Keys, key)
		}
		read.UsagePlans[id] = plan
	}
	for id, known := range s.apis {
		a := declared.RestAPI{ID: id, Name: text(known.object, "name"), Stages: map[string]declared.RestStage{}, Deployments: map[string]declared.RestDefinition{}}
		_ = into(known.stages, &a.Stages)
		// A definition is made once and never changed.
		for _, stage := range a.Stages {
			a.Deployments[stage.DeploymentID] = known.definitions[stage.DeploymentID]
		}
		read.RestAPIs[id] = a
	}
	return read
}
