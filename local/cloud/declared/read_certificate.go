package declared

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
)

// certificateNames asks ACM which names a certificate is for; none where it does not know the certificate. One call by
// hand spares a package of the AWS SDK: https://docs.aws.amazon.com/acm/latest/APIReference/API_DescribeCertificate.html
func (r Reader) certificateNames(ctx context.Context, region, arn string) ([]string, error) {
	address, up := r.Upstream()
	if !up {
		return nil, ErrDown
	}
	body, err := json.Marshal(map[string]string{"CertificateArn": arn})
	if err != nil {
		return nil, err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+address+"/", bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	// The store finds service and Region in the signature's scope and checks no signature.
	request.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=test/20000101/"+region+"/acm/aws4_request, SignedHeaders=host, Signature=0")
	request.Header.Set("Content-Type", "application/x-amz-json-1.1")
	request.Header.Set("X-Amz-Target", "CertificateManager.DescribeCertificate")
	response, err := connections.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	var answer struct {
		Type        string `json:"__type"`
		Certificate struct{ SubjectAlternativeNames []string }
	}
	if err := json.NewDecoder(response.Body).Decode(&answer); err != nil {
		return nil, err
	}
	switch {
	case response.StatusCode == http.StatusOK:
		return answer.Certificate.SubjectAlternativeNames, nil
	case answer.Type == "ResourceNotFoundException":
		return nil, nil
	}
	return nil, fmt.Errorf("ACM answers %s %s", response.Status, answer.Type)
}
