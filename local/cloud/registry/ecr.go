package registry

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
)

// ECR is what the registry asks of the AWS API, which alone knows which repositories exist and which images they hold.
type ECR struct {
	// Address returns the API's host and port, and false while it is down.
	Address func() (string, bool)
}

// APIError is an error that ECR itself answered with.
type APIError struct{ Code, Message string }

func (e *APIError) Error() string { return e.Code + ": " + e.Message }

// Repository fails with RepositoryNotFoundException when there is none of this name.
func (e ECR) Repository(ctx context.Context, region string, name string) error {
	return e.call(ctx, region, "DescribeRepositories", map[string]any{"repositoryNames": []string{name}}, nil)
}

// Images returns the digests of the images in a repository, each with its tags.
func (e ECR) Images(ctx context.Context, region string, name string) (map[string][]string, error) {
	var answer struct {
		ImageIDs []struct {
			Digest string `json:"imageDigest"`
			Tag    string `json:"imageTag"`
		} `json:"imageIds"`
	}
	if err := e.call(ctx, region, "ListImages", map[string]any{"repositoryName": name}, &answer); err != nil {
		return nil, err
	}
	images := map[string][]string{}
	for _, id := range answer.ImageIDs {
		images[id.Digest] = append(images[id.Digest], id.Tag)
	}
	return images, nil
}

// PutImage records a pushed manifest. tag is empty for a push by digest.
func (e ECR) PutImage(ctx context.Context, region string, name, tag, digest, mediaType string, manifest []byte) error {
	input := map[string]any{
		"repositoryName": name, "imageManifest": string(manifest), "imageManifestMediaType": mediaType, "imageDigest": digest,
	}
	if tag != "" {
		input["imageTag"] = tag
	}
	return e.call(ctx, region, "PutImage", input, nil)
}

func (e ECR) call(ctx context.Context, region string, action string, input, output any) error {
	address, up := e.Address()
	if !up {
		return fmt.Errorf("ecr %s: the AWS API of the local cloud is starting", action)
	}
	body, err := json.Marshal(input)
	if err != nil {
		return fmt.Errorf("ecr %s: %w", action, err)
	}
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+address+"/", bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("ecr %s: %w", action, err)
	}
	// The API finds service and region in the signature's scope and checks no signature.
	request.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=test/20000101/"+region+"/ecr/aws4_request, SignedHeaders=host, Signature=0")
	request.Header.Set("Content-Type", "application/x-amz-json-1.1")
	request.Header.Set("X-Amz-Target", "AmazonEC2ContainerRegistry_V20150921."+action)
	request.Close = true
	response, err := http.DefaultTransport.RoundTrip(request)
	if err != nil {
		return fmt.Errorf("ecr %s: %w", action, err)
	}
	defer response.Body.Close()
	content, err := io.ReadAll(response.Body)
	if err != nil {
		return fmt.Errorf("ecr %s: %w", action, err)
	}
	if response.StatusCode != http.StatusOK {
		var failure struct {
			Type    string `json:"__type"`
			Message string `json:"message"`
		}
		_ = json.Unmarshal(content, &failure)
		if failure.Type == "" {
			return fmt.Errorf("ecr %s: %s: %.200s", action, response.Status, content)
		}
		return &APIError{Code: failure.Type[strings.LastIndexByte(failure.Type, '#')+1:], Message: failure.Message}
	}
	if output == nil {
		return nil
	}
	if err := json.Unmarshal(content, output); err != nil {
		return fmt.Errorf("ecr %s: its answer: %w", action, err)
	}
	return nil
}
