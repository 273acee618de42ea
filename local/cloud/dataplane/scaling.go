package dataplane

import (
	"encoding/json"
	"maps"
	"sync"

	"github.com/aws/smithy-go"
)

// scalingTags are the tags of Application Auto Scaling's targets by their ARN, which moto has no calls for. All else of
// that service is moto's: it keeps targets, policies and scheduled actions, and nothing acts on them.
type scalingTags struct {
	mu   sync.Mutex
	tags map[string]map[string]string
}

// concernsTags reports whether a call is about tags.
func concernsTags(action string) bool {
	switch action {
	case "RegisterScalableTarget", "TagResource", "UntagResource", "ListTagsForResource":
		return true
	}
	return false
}

// before answers the calls about tags,
// https://docs.aws.amazon.com/autoscaling/application/APIReference/API_ListTagsForResource.html
func (s *scalingTags) before(action string, input []byte) ([]byte, error) {
	var in struct {
		ResourceARN string
		Tags        map[string]string
		TagKeys     []string
	}
	if action == "RegisterScalableTarget" {
		return nil, nil
	}
	if err := json.Unmarshal(input, &in); err != nil {
		return nil, &smithy.GenericAPIError{Code: "ValidationException", Message: "the input can't be read: " + err.Error()}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	tags, known := s.tags[in.ResourceARN]
	if !known {
		return nil, &smithy.GenericAPIError{Code: "ResourceNotFoundException", Message: "There is no scalable target " + in.ResourceARN + "."}
	}
	switch action {
	case "TagResource":
		maps.Copy(tags, in.Tags)
	case "UntagResource":
		for _, key := range in.TagKeys {
			delete(tags, key)
		}
	default:
		return json.Marshal(map[string]any{"Tags": tags})
	}
	return []byte("{}"), nil
}

// after keeps the tags of a target that was registered. One that is registered again keeps those that it has.
func (s *scalingTags) after(input, answer []byte) error {
	var in struct{ Tags map[string]string }
	var out struct{ ScalableTargetARN string }
	if err := json.Unmarshal(input, &in); err != nil {
		return err
	}
	if err := json.Unmarshal(answer, &out); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.tags == nil {
		s.tags = map[string]map[string]string{}
	}
	if s.tags[out.ScalableTargetARN] == nil {
		s.tags[out.ScalableTargetARN] = map[string]string{}
		maps.Copy(s.tags[out.ScalableTargetARN], in.Tags)
	}
	return nil
}
