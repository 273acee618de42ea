package dockerimage

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/distribution/reference"
	"github.com/moby/moby/api/types/registry"
	"github.com/moby/moby/client"

	"sallyport/local/engine"
)

// push sends the image to its registry and returns REPOSITORY@DIGEST with the
// digest that the registry has it under. The credentials travel with the call:
// the docker command's configuration is neither read nor written.
func push(ctx context.Context, e *engine.Engine, img image, say say) (string, error) {
	name, err := reference.ParseNamed(img.name)
	if err != nil {
		return "", fmt.Errorf("image name %q: %w", img.name, err)
	}
	auth, err := json.Marshal(registry.AuthConfig{
		Username: img.username, Password: img.password, ServerAddress: serverAddress(img, name),
	})
	if err != nil {
		return "", err
	}
	credentials := base64.URLEncoding.EncodeToString(auth)
	say("Pushing the image")
	digest, err := pushed(ctx, e, img.name, credentials, say)
	if err != nil && immutable(err) {
		// A push that was cut off after its last byte leaves the tag behind. Where
		// it holds the very image that was built, nothing is left to do.
		if digest := alreadyThere(ctx, e, img.name, name, credentials); digest != "" {
			return name.Name() + "@" + digest, nil
		}
	}
	if err != nil {
		return "", pushError(ctx, img, name, err)
	}
	return name.Name() + "@" + digest, nil
}

func pushed(ctx context.Context, e *engine.Engine, image, credentials string, say say) (string, error) {
	res, err := e.Client().ImagePush(ctx, image, client.ImagePushOptions{RegistryAuth: credentials})
	if err != nil {
		return "", err
	}
	defer res.Close()
	digest, last := "", map[string]string{}
	for m, err := range res.JSONMessages(ctx) {
		if err != nil {
			return "", err
		}
		if m.Error != nil {
			return "", m.Error
		}
		if m.Aux != nil {
			var aux struct{ Digest string }
			if json.Unmarshal(*m.Aux, &aux) == nil && aux.Digest != "" {
				digest = aux.Digest
			}
		}
		// Only what takes long is shown, and in tenths: where the display is a log, every line stays.
		if m.Progress != nil && m.Progress.Total >= largeLayer {
			line := fmt.Sprintf("%s %s %d %%", m.ID, m.Status, min(100, 10*(10*m.Progress.Current/m.Progress.Total)))
			if line != last[m.ID] {
				say(line)
				last[m.ID] = line
			}
		}
	}
	if digest == "" {
		return "", errors.New("the engine ended the push without a digest")
	}
	return digest, nil
}

// largeLayer is the size, in bytes, from which the push of a layer is shown.
const largeLayer = 16 << 20

// alreadyThere returns the digest that the tag has in the registry, if it is one
// that the engine knows the built image under.
func alreadyThere(ctx context.Context, e *engine.Engine, image string, name reference.Named, credentials string) string {
	remote, err := e.Client().DistributionInspect(ctx, image, client.DistributionInspectOptions{EncodedRegistryAuth: credentials})
	if err != nil {
		return ""
	}
	local, err := e.Client().ImageInspect(ctx, image)
	if err != nil {
		return ""
	}
	digest := remote.Descriptor.Digest.String()
	if !slices.Contains(local.RepoDigests, name.Name()+"@"+digest) {
		return ""
	}
	return digest
}

func serverAddress(img image, name reference.Named) string {
	if img.server == "" {
		return reference.Domain(name)
	}
	server := strings.TrimPrefix(strings.TrimPrefix(img.server, "https://"), "http://")
	host, _, _ := strings.Cut(server, "/")
	return host
}

func immutable(err error) bool {
	s := strings.ToLower(err.Error())
	return strings.Contains(s, "immutable") || strings.Contains(s, "cannot be overwritten")
}

// pushError says why the registry did not take the image and what to do next.
func pushError(ctx context.Context, img image, name reference.Named, err error) error {
	if ctx.Err() != nil {
		return fmt.Errorf("the push of %s was cancelled", img.name)
	}
	host := reference.Domain(name)
	s := strings.ToLower(err.Error())
	next := "see the registry's log, and repeat"
	switch {
	case immutable(err):
		next = "the tag holds another image already and may not be changed: give the new image a new tag, or delete the old one from the repository"
	case strings.Contains(s, "connection refused"):
		next = fmt.Sprintf("nothing listens at %s: start the registry (the local one with `make up`), and repeat", host)
	case strings.Contains(s, "no such host"), strings.Contains(s, "i/o timeout"), strings.Contains(s, "no route to host"):
		next = fmt.Sprintf("%s can't be reached from the Docker engine: check the name, the network and the proxy, and repeat", host)
	case strings.Contains(s, "unauthorized"), strings.Contains(s, "no basic auth"), strings.Contains(s, "denied"),
		strings.Contains(s, "forbidden"):
		next = fmt.Sprintf("%s refuses the credentials given as registry.username and registry.password (an ECR token is good for 12 hours), or they may not push there: check them, and repeat", host)
	case strings.Contains(s, "not exist"), strings.Contains(s, "not found"), strings.Contains(s, "name unknown"):
		next = fmt.Sprintf("there is no repository %s at %s: create it first", reference.Path(name), host)
	case strings.Contains(s, "http status: 5"), strings.Contains(s, "internal server error"):
		next = fmt.Sprintf("%s itself failed: see its log, and repeat", host)
	}
	return fmt.Errorf("the push of %s failed: %s; %s. Nothing that depends on the image was changed", img.name, strings.TrimSpace(err.Error()), next)
}
