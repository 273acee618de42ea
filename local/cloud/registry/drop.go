package registry

import (
	"context"
	"net/http"
	"os"
	"path/filepath"
	"strings"
)

// Drop forgets a repository and deletes the layers that no other repository uses. It is called when ECR has deleted
// the repository.
func (r *Registry) Drop(region string, name string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	dropped := r.repositories[key{region, name}]
	delete(r.repositories, key{region, name})
	if dropped != nil {
		r.deleteUnused(dropped.layers())
	}
}

// Prune removes the images of a repository that ECR no longer has. It is called when ECR has deleted images.
func (r *Registry) Prune(ctx context.Context, region string, name string) error {
	r.mu.Lock()
	pruned := r.repositories[key{region, name}]
	r.mu.Unlock()
	if pruned == nil {
		return nil
	}
	pruned.pushing.Lock()
	defer pruned.pushing.Unlock()
	images, err := r.catalog.Images(ctx, region, name)
	if err != nil {
		return err
	}
	layers := pruned.layers()
	remaining := map[string]bool{}
	for digest, tags := range images {
		remaining[digest] = true
		for _, tag := range tags {
			remaining[tag] = true
		}
	}
	for _, reference := range pruned.references() {
		if !remaining[reference] {
			pruned.forget(name, reference)
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.deleteUnused(layers)
	return nil
}

// deleteUnused deletes those of the layers that no repository uses any more.
func (r *Registry) deleteUnused(layers []string) {
	used := map[string]bool{}
	for _, repository := range r.repositories {
		for _, digest := range repository.layers() {
			used[digest] = true
		}
	}
	for _, digest := range layers {
		algorithm, hex, _ := strings.Cut(digest, ":")
		if used[digest] {
			continue
		}
		if err := os.Remove(filepath.Join(r.dir, algorithm, hex)); err != nil && !os.IsNotExist(err) {
			r.log.Warn("a layer that no image uses could not be deleted", "error", err)
		}
	}
}

// remember notes that a manifest with these layers can be pulled under a tag or digest.
func (p *repository) remember(reference string, layers []string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.manifests[reference] = layers
}

func (p *repository) forget(name, reference string) {
	if request, err := http.NewRequest(http.MethodDelete, "/v2/"+name+"/manifests/"+reference, nil); err == nil {
		p.ServeHTTP(&kept{header: http.Header{}}, request)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.manifests, reference)
}

func (p *repository) layers() (all []string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, layers := range p.manifests {
		all = append(all, layers...)
	}
	return all
}

func (p *repository) references() (all []string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for reference := range p.manifests {
		all = append(all, reference)
	}
	return all
}
