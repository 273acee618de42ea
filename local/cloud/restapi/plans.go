package restapi

import (
	"crypto/rand"
	"maps"
	"net/http"
	"slices"
	"strings"

	"sallyport/local/cloud/declared"
)

func (s *Store) apiKeys(c *call) (any, error) {
	switch c.method {
	case http.MethodGet:
		return items(s.keys, func(key object) object { return c.toldKey(key, "includeValues") }), nil
	case http.MethodPost:
	default:
		return nil, errNoSuchCall
	}
	id := newID(10)
	made := object{
		"id": id, "enabled": false, "createdDate": now(), "lastUpdatedDate": now(), "stageKeys": []any{}, "value": rand.Text() + rand.Text()[:14],
	}
	if c.input["value"] == "" { // to be made
		delete(c.input, "value")
	}
	given(made, c.input)
	value := text(made, "value")
	// https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-setup-api-key-with-console.html
	if len(value) < 20 || len(value) > 128 {
		return nil, badRequest("API Key value should be at least 20 characters, and at most 128")
	}
	for _, other := range s.keys {
		if other["value"] == value {
			return nil, conflict("API Key already exists")
		}
	}
	if err := s.check("apikey", made, &declared.APIKey{}); err != nil {
		return nil, err
	}
	s.keys = added(s.keys, id, made)
	return made, nil
}

// added adds to a map that may not be there yet.
func added(to map[string]object, id string, made object) map[string]object {
	if to == nil {
		to = map[string]object{}
	}
	to[id] = made
	return to
}

// toldKey is a key as it is told: with its value only where a call asks for it.
func (c *call) toldKey(key object, parameter string) object {
	if c.query.Get(parameter) == "true" || c.method != http.MethodGet {
		return key
	}
	told := maps.Clone(key)
	delete(told, "value")
	return told
}

func (s *Store) apiKey(c *call) (any, error) {
	answer, err := c.one(s.keys, "API Key", func(changed object) error { return s.check("apikey", changed, &declared.APIKey{}) })
	if err == nil && c.method == http.MethodDelete {
		for _, keys := range s.planKeys {
			delete(keys, c.parts[0])
		}
	}
	if key, ok := answer.(object); ok && err == nil {
		return c.toldKey(key, "includeValue"), nil
	}
	return answer, err
}

func (s *Store) usagePlans(c *call) (any, error) {
	switch c.method {
	case http.MethodGet:
		plans := maps.Clone(s.plans)
		if key := c.query.Get("keyId"); key != "" {
			maps.DeleteFunc(plans, func(id string, _ object) bool { return s.planKeys[id][key] == nil })
		}
		return items(plans, whole), nil
	case http.MethodPost:
	default:
		return nil, errNoSuchCall
	}
	if text(c.input, "name") == "" {
		return nil, badRequest("Usage plan name must not be empty")
	}
	id := newID(6)
	made := object{"id": id, "apiStages": []any{}}
	given(made, c.input)
	if err := s.checkPlan(made); err != nil {
		return nil, err
	}
	s.plans = added(s.plans, id, made)
	return made, nil
}

func (s *Store) checkPlan(made object) error {
	var read declared.UsagePlan
	if err := s.check("usageplan", made, &read); err != nil {
		return err
	}
	for _, stage := range read.APIStages {
		if s.apis[stage.APIID] == nil || s.apis[stage.APIID].stages[stage.Stage] == nil {
			return notFound("API Stage not found: %s:%s", stage.APIID, stage.Stage)
		}
	}
	if read.Quota != nil && !slices.Contains([]string{"DAY", "WEEK", "MONTH"}, read.Quota.Period) {
		return badRequest("Usage Plan quota must have a valid period: DAY, WEEK or MONTH")
	}
	return nil
}

func (s *Store) usagePlan(c *call) (any, error) {
	id := c.parts[0]
	known, ok := s.plans[id]
	if ok && c.method == http.MethodPatch {
		changed, err := c.patchedPlan(known)
		if err == nil {
			err = s.checkPlan(changed)
		}
		if err != nil {
			return nil, err
		}
		s.plans[id] = changed
		return changed, nil
	}
	answer, err := c.one(s.plans, "Usage Plan", func(object) error {
		if stages, _ := known["apiStages"].([]any); len(stages) > 0 {
			return badRequest("Cannot delete usage plan %s: it has API stages", id)
		}
		return nil
	})
	if err == nil && c.method == http.MethodDelete {
		delete(s.planKeys, id)
	}
	return answer, err
}

// patchedPlan changes a plan, whose stages are named API:STAGE.
func (c *call) patchedPlan(old object) (object, error) {
	operations, err := c.operations()
	if err != nil {
		return nil, err
	}
	changed := clone(old)
	for _, o := range operations {
		if o.Path != "/apiStages" {
			if strings.HasPrefix(o.Path, "/apiStages/") {
				return nil, badRequest("The local cloud does not support throttles of a usage plan for one method (%s).", o.Path)
			}
			if err := o.apply(changed, false); err != nil {
				return nil, err
			}
			continue
		}
		id, stage, _ := strings.Cut(o.Value, ":")
		removeStages(changed, func(s declared.APIStage) bool { return s.APIID == id && s.Stage == stage })
		if o.Op != "remove" {
			stages, _ := changed["apiStages"].([]any)
			changed["apiStages"] = append(stages, object{"apiId": id, "stage": stage})
		}
	}
	return changed, nil
}

// removeStages takes stages out of a plan.
func removeStages(plan object, gone func(declared.APIStage) bool) {
	stages, _ := plan["apiStages"].([]any)
	left := []any{}
	for _, stage := range stages {
		var read declared.APIStage
		if into(stage, &read) == nil && !gone(read) {
			left = append(left, stage)
		}
	}
	plan["apiStages"] = left
}

func (s *Store) usagePlanKeys(c *call) (any, error) {
	plan := c.parts[0]
	if s.plans[plan] == nil {
		return nil, notFound("Invalid Usage Plan identifier specified")
	}
	switch c.method {
	case http.MethodGet:
		return items(s.planKeys[plan], whole), nil
	case http.MethodPost:
	default:
		return nil, errNoSuchCall
	}
	id := text(c.input, "keyId")
	key := s.keys[id]
	switch {
	case key == nil:
		return nil, notFound("Invalid API Key identifier specified")
	case s.planKeys[plan][id] != nil:
		return nil, conflict("Usage plan key already exists")
	}
	for other, keys := range s.planKeys {
		if shared := s.sharedStage(plan, other); keys[id] != nil && shared != "" {
			return nil, conflict("API Key %s is in usage plan %s already, which has the stage %s as well", id, other, shared)
		}
	}
	made := object{"id": id, "type": "API_KEY", "name": key["name"], "value": key["value"]}
	if s.planKeys == nil {
		s.planKeys = map[string]map[string]object{}
	}
	s.planKeys[plan] = added(s.planKeys[plan], id, made)
	return made, nil
}

// sharedStage names a stage that two plans have: a key can't be in both.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-api-usage-plans.html
func (s *Store) sharedStage(plan, other string) string {
	var a, b declared.UsagePlan
	if into(s.plans[plan], &a) == nil && into(s.plans[other], &b) == nil {
		for _, stage := range a.APIStages {
			if slices.Contains(b.APIStages, stage) {
				return stage.APIID + ":" + stage.Stage
			}
		}
	}
	return ""
}

func (s *Store) usagePlanKey(c *call) (any, error) {
	if c.method == http.MethodPatch {
		return nil, errNoSuchCall
	}
	return c.one(s.planKeys[c.parts[0]], "Usage Plan Key", func(object) error { return nil })
}

func (s *Store) vpcLinks(c *call) (any, error) {
	switch c.method {
	case http.MethodGet:
		return items(s.links, whole), nil
	case http.MethodPost:
	default:
		return nil, errNoSuchCall
	}
	id := newID(6)
	made := object{"id": id, "status": "AVAILABLE", "statusMessage": "Your vpc link is ready for use"}
	given(made, c.input)
	if err := s.check("vpclink", made, &declared.RestVpcLink{}); err != nil {
		return nil, err
	}
	s.links = added(s.links, id, made)
	return made, nil
}

func (s *Store) vpcLink(c *call) (any, error) {
	return c.one(s.links, "Vpc Link", func(changed object) error {
		if changed != nil {
			return s.check("vpclink", changed, &declared.RestVpcLink{})
		}
		// https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-known-issues.html
		if by := s.referenced(c.parts[0]); by != "" {
			return badRequest("Cannot delete vpc link. Vpc link '%s', is referenced in %s.", c.parts[0], by)
		}
		return nil
	})
}

// settings answers for those of the account in the Region.
func (s *Store) settings(c *call) (any, error) {
	if s.account == nil {
		s.account = object{"throttleSettings": object{"burstLimit": 5000, "rateLimit": 10000}, "features": []any{"UsagePlans"}, "apiKeyVersion": "4"}
	}
	switch c.method {
	case http.MethodGet:
		return s.account, nil
	case http.MethodPatch:
		changed, err := c.patched(s.account, false)
		if err != nil {
			return nil, err
		}
		s.account = changed
		return changed, nil
	}
	return nil, errNoSuchCall
}
