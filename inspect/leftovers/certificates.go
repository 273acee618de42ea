package leftovers

import (
	"context"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/acm"
	"github.com/aws/aws-sdk-go-v2/service/acm/types"
)

// certificates asks for the tags of each: their list is without them, and their names are the domains'.
func (f *finder) certificates(ctx context.Context) ([]Item, error) {
	all, err := collect(ctx, acm.NewListCertificatesPaginator(f.ACM, &acm.ListCertificatesInput{}),
		func(p *acm.ListCertificatesOutput) []types.CertificateSummary { return p.CertificateSummaryList })
	if err != nil {
		return nil, err
	}
	var items []Item
	for _, c := range all {
		arn := aws.ToString(c.CertificateArn)
		answer, err := f.ACM.ListTagsForCertificate(ctx, &acm.ListTagsForCertificateInput{CertificateArn: &arn})
		var gone *types.ResourceNotFoundException
		if errors.As(err, &gone) {
			continue
		}
		if err != nil {
			return items, fmt.Errorf("%s: %w", arn, err)
		}
		if f.owns(tagMap(answer.Tags, func(t types.Tag) (key, value *string) { return t.Key, t.Value })) {
			items = append(items, Item{Kind: certificate, ID: arn, Name: aws.ToString(c.DomainName), Delete: "aws acm delete-certificate --certificate-arn " + arn})
		}
	}
	return items, nil
}
