package compute

import (
	"encoding/json"
	"fmt"
)

// keptImages is how many images the repository keeps: the running one and enough older ones to roll back to.
const keptImages = 30

// untaggedDays is how long an untagged image is kept. Nothing runs one: every image that is deployed has a tag, and
// no tag can be moved.
const untaggedDays = 14

// lifecycleRule is one rule of an ECR lifecycle policy:
// https://docs.aws.amazon.com/AmazonECR/latest/userguide/lifecycle_policy_parameters.html
type lifecycleRule struct {
	RulePriority int                `json:"rulePriority"`
	Description  string             `json:"description"`
	Selection    lifecycleSelection `json:"selection"`
	Action       lifecycleAction    `json:"action"`
}

type lifecycleSelection struct {
	TagStatus   string `json:"tagStatus"`
	CountType   string `json:"countType"`
	CountUnit   string `json:"countUnit,omitempty"`
	CountNumber int    `json:"countNumber"`
}

type lifecycleAction struct {
	Type string `json:"type"`
}

func lifecyclePolicy() (string, error) {
	expire := lifecycleAction{Type: "expire"}
	text, err := json.Marshal(struct {
		Rules []lifecycleRule `json:"rules"`
	}{[]lifecycleRule{
		{
			RulePriority: 1,
			Description:  fmt.Sprintf("Expire untagged images after %d days", untaggedDays),
			Selection:    lifecycleSelection{TagStatus: "untagged", CountType: "sinceImagePushed", CountUnit: "days", CountNumber: untaggedDays},
			Action:       expire,
		},
		{
			RulePriority: 2,
			Description:  fmt.Sprintf("Keep the last %d images", keptImages),
			Selection:    lifecycleSelection{TagStatus: "any", CountType: "imageCountMoreThan", CountNumber: keptImages},
			Action:       expire,
		},
	}})
	return string(text), err
}
