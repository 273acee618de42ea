package dataplane

import (
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/aws/smithy-go"
)

// fields are what a network interface is filtered by, each with its values. Those that AWS has and that are not here
// are about IPv6, Elastic IPs and Outposts.
// https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeNetworkInterfaces.html
func (i networkInterface) fields() map[string][]string {
	fields := map[string][]string{
		"availability-zone":     {i.AvailabilityZone},
		"description":           {i.Description},
		"interface-type":        {i.InterfaceType},
		"mac-address":           {i.MAC},
		"network-interface-id":  {i.ID},
		"owner-id":              {i.OwnerID},
		"private-dns-name":      {i.PrivateDNSName},
		"private-ip-address":    {i.PrivateIP},
		"requester-id":          {i.RequesterID},
		"requester-managed":     {strconv.FormatBool(i.RequesterManaged)},
		"source-dest-check":     {strconv.FormatBool(i.SourceDestCheck)},
		"status":                {i.Status},
		"subnet-id":             {i.SubnetID},
		"vpc-id":                {i.VPCID},
		"group-id":              nil,
		"group-name":            nil,
		"tag-key":               nil,
		"association.public-ip": nil, "association.ip-owner-id": nil,
		"addresses.private-ip-address": nil, "addresses.association.public-ip": nil, "addresses.association.owner-id": nil,
		"attachment.attachment-id": nil, "attachment.status": nil, "attachment.instance-id": nil, "attachment.instance-owner-id": nil,
	}
	add := func(name, value string) {
		if value != "" {
			fields[name] = append(fields[name], value)
		}
	}
	if a := i.Association; a != nil {
		add("association.public-ip", a.PublicIP)
		add("association.ip-owner-id", a.IPOwnerID)
	}
	if a := i.Attachment; a != nil {
		add("attachment.attachment-id", a.ID)
		add("attachment.status", a.Status)
		add("attachment.instance-id", a.InstanceID)
		add("attachment.instance-owner-id", a.InstanceOwnerID)
	}
	for _, address := range i.PrivateIPs {
		add("addresses.private-ip-address", address.PrivateIP)
		if a := address.Association; a != nil {
			add("addresses.association.public-ip", a.PublicIP)
			add("addresses.association.owner-id", a.IPOwnerID)
		}
	}
	for _, g := range i.Groups {
		add("group-id", g.ID)
		add("group-name", g.Name)
	}
	for _, t := range i.Tags {
		add("tag-key", t.Key)
		add("tag:"+t.Key, t.Value)
	}
	return fields
}

// interfaceFilters reads Filter.N.Name and Filter.N.Value.M of a form: an interface must match a value of each filter.
// https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/Using_Filtering.html
func interfaceFilters(form url.Values) (matches func(networkInterface) bool, err error) {
	wanted := map[string]*regexp.Regexp{}
	known := networkInterface{}.fields()
	for n := 1; form.Has(fmt.Sprintf("Filter.%d.Name", n)); n++ {
		name := form.Get(fmt.Sprintf("Filter.%d.Name", n))
		if _, ok := known[name]; !ok && !strings.HasPrefix(name, "tag:") {
			return nil, invalidParameter("The filter '%s' is invalid", name)
		}
		if wanted[name], err = anyOf(numbered(form, fmt.Sprintf("Filter.%d.Value", n))); err != nil {
			return nil, invalidParameter("The values of the filter '%s' can't be read: %s", name, err)
		}
	}
	return func(i networkInterface) bool {
		fields := i.fields()
		for name, pattern := range wanted {
			if !slices.ContainsFunc(fields[name], pattern.MatchString) {
				return false
			}
		}
		return true
	}, nil
}

func invalidParameter(format string, args ...any) error {
	return &smithy.GenericAPIError{Code: "InvalidParameterValue", Message: fmt.Sprintf(format, args...)}
}

// wildcards turns a quoted text into a pattern: * is any characters, ? is one, and a backslash takes that meaning away.
var wildcards = strings.NewReplacer(`\\\*`, `\*`, `\\\?`, `\?`, `\\\\`, `\\`, `\*`, `.*`, `\?`, `.`)

// anyOf matches a text that is one of some values. Without values it matches none.
func anyOf(values []string) (*regexp.Regexp, error) {
	patterns := []string{`[^\s\S]`} // no text at all
	for _, value := range values {
		patterns = append(patterns, wildcards.Replace(regexp.QuoteMeta(value)))
	}
	return regexp.Compile(`(?s)^(?:` + strings.Join(patterns, "|") + `)$`)
}
