package main

import (
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// awsPackages are the packages of the AWS SDK for Pulumi that may be imported. Each costs build time, which every
// preview after a change pays; aws/wafv2 alone has 12 MB of generated code and takes minutes and gigabytes
// (https://github.com/pulumi/pulumi-aws/issues/1117). A web ACL can be had by its ARN instead.
var awsPackages = []string{"aws", "acm", "apigateway", "apigatewayv2", "appautoscaling", "cloudwatch", "dynamodb", "ec2", "ecr", "ecs", "iam", "lambda", "lb", "route53", "sns", "vpc"}

func TestImports(t *testing.T) {
	const sdk = "github.com/pulumi/pulumi-aws/sdk/v6/go/"
	seen := map[string]bool{}
	for file, imports := range programImports(t) {
		for _, path := range imports {
			if pkg, ok := strings.CutPrefix(path, sdk); ok {
				pkg = strings.TrimPrefix(pkg, "aws/")
				seen[pkg] = true
				if !slices.Contains(awsPackages, pkg) {
					t.Errorf("%s imports %s, which is not in the list of packages that may be", file, path)
				}
			}
			// Only main.go knows the rooms of the house; each can be used without the others.
			room, _, _ := strings.Cut(filepath.ToSlash(file), "/")
			for _, other := range []string{"network", "security", "compute", "data", "monitoring"} {
				if path == "sallyport/"+other && room != other && !strings.HasSuffix(room, ".go") {
					t.Errorf("%s imports %s", file, path)
				}
			}
		}
	}
	for _, pkg := range awsPackages {
		if !seen[pkg] {
			t.Errorf("nothing imports %s any more: take it off the list", pkg)
		}
	}
}

// programImports are the imports of every Go file of the program, its tests included, by the file's path.
func programImports(t *testing.T) map[string][]string {
	t.Helper()
	imports := map[string][]string{}
	for _, pattern := range []string{"*.go", "network", "security", "compute", "data", "monitoring", "internal"} {
		roots, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, root := range roots {
			if err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
				if err != nil || entry.IsDir() || filepath.Ext(path) != ".go" {
					return err
				}
				file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ImportsOnly)
				if err != nil {
					return err
				}
				for _, spec := range file.Imports {
					value, err := strconv.Unquote(spec.Path.Value)
					if err != nil {
						return err
					}
					imports[path] = append(imports[path], value)
				}
				return nil
			}); err != nil {
				t.Fatal(err)
			}
		}
	}
	if len(imports) == 0 {
		t.Fatal("no Go files found")
	}
	return imports
}
