package browser

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// patience is how long a page may take to come to what is waited for: a slow machine, and a deployment in the middle.
const patience = 90 * time.Second

// Page is one page of a person of their own: it shares neither cookies nor storage with another, but for those that Tab
// opens. What goes wrong fails the test, with a picture of the page.
type Page struct {
	t    *testing.T
	name string
	ctx  context.Context

	mu     sync.Mutex
	errors []string
}

// Look says how a person sees the page.
type Look struct {
	Width, Height int64
	Dark          bool
}

// Phone and Laptop are the usual ones.
var (
	Phone  = Look{Width: 360, Height: 740}
	Laptop = Look{Width: 1280, Height: 800}
)

// NewPage opens an empty page in the browser of the context. The name goes into pictures and errors.
func NewPage(browser context.Context, t *testing.T, name string, look Look) *Page {
	t.Helper()
	return open(browser, t, name, look, chromedp.WithNewBrowserContext())
}

// Tab opens another page of the same person.
func (p *Page) Tab(name string) *Page {
	p.t.Helper()
	return open(p.ctx, p.t, name, Laptop)
}

func open(parent context.Context, t *testing.T, name string, look Look, options ...chromedp.ContextOption) *Page {
	t.Helper()
	p := &Page{t: t, name: name}
	ctx, closed := chromedp.NewContext(parent, append(options, chromedp.WithListener(p.heard))...)
	p.ctx = ctx
	t.Cleanup(closed)
	scheme := "light"
	if look.Dark {
		scheme = "dark"
	}
	// A page lasts as long as the context of its first command: one with a time limit would take the page with it.
	if err := chromedp.Do(p.ctx, chromedp.EmulateViewport(look.Width, look.Height), func(ctx context.Context, target *chromedp.Target) (chromedp.Void, error) {
		_, err := cdp.Call(ctx, target, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
			Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}})
		return chromedp.Void{}, err
	}); err != nil {
		t.Fatalf("%s: new page: %v", name, err)
	}
	return p
}

// heard keeps what the page's scripts failed with.
func (p *Page) heard(event any) {
	if thrown, ok := event.(*runtime.EventExceptionThrown); ok {
		p.mu.Lock()
		defer p.mu.Unlock()
		text := thrown.ExceptionDetails.Text
		if thrown.ExceptionDetails.Exception != nil {
			text += " " + thrown.ExceptionDetails.Exception.Description
		}
		p.errors = append(p.errors, text)
	}
}

func (p *Page) do(what string, steps ...chromedp.Action[chromedp.Void]) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	if err := chromedp.Do(ctx, steps...); err != nil {
		p.failed("%s: %v", what, err)
	}
}

func (p *Page) failed(format string, args ...any) {
	p.t.Helper()
	text, _ := chromedp.Run(p.ctx, chromedp.Evaluate[string]("location.href + '\\n' + document.body.innerText"))
	p.Picture("failed")
	p.t.Fatalf("%s: %s\nthe page shows\n%s", p.name, fmt.Sprintf(format, args...), text)
}

// Open goes to a URL.
func (p *Page) Open(url string) *Page {
	p.t.Helper()
	p.do("open "+url, chromedp.Navigate(url))
	return p
}

// Reload loads the page anew.
func (p *Page) Reload() {
	p.t.Helper()
	p.do("reload", chromedp.Reload())
}

// Front brings the page before the others of the same person: a page in the background asks for nothing new.
func (p *Page) Front() {
	p.t.Helper()
	p.do("bring to front", func(ctx context.Context, target *chromedp.Target) (chromedp.Void, error) {
		_, err := cdp.Call(ctx, target, page.BringToFront, cdp.Empty{})
		return chromedp.Void{}, err
	})
}

// Wait waits until a JavaScript expression is true. It asks again where the page was on its way to another one.
func (p *Page) Wait(what, expression string) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	for {
		holds, err := chromedp.Run(ctx, chromedp.Evaluate[bool](fmt.Sprintf("Boolean(document.body && (%s))", expression)))
		if holds {
			return
		}
		select {
		case <-ctx.Done():
			p.failed("waited for %v, and not yet: %s (%v)", patience, what, err)
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// Sees waits for a text on the page.
func (p *Page) Sees(text string) {
	p.t.Helper()
	p.Wait("the text "+text, fmt.Sprintf("document.body.innerText.includes(%s)", quote(text)))
}

// There waits for an element that can be seen and used.
func (p *Page) There(selector string) {
	p.t.Helper()
	p.Wait(selector, fmt.Sprintf(`(e => e && !e.disabled && e.getClientRects().length > 0)(document.querySelector(%s))`, quote(selector)))
}

// Click presses the mouse, or a finger, on an element.
func (p *Page) Click(selector string) {
	p.t.Helper()
	p.There(selector)
	p.do("click "+selector, chromedp.Click(chromedp.CSS(selector)))
}

// Choose clicks the label of a radio button or a checkbox, which may be hidden itself.
func (p *Page) Choose(selector string) {
	p.t.Helper()
	p.Wait(selector, fmt.Sprintf("document.querySelector(%s) !== null", quote(selector)))
	p.Evaluate(fmt.Sprintf("document.querySelector(%s).click()", quote(selector)))
}

// Type replaces the text of a field by key strokes.
func (p *Page) Type(selector, text string) {
	p.t.Helper()
	p.There(selector)
	p.Evaluate(fmt.Sprintf("(e => { e.focus(); e.select?.() })(document.querySelector(%s))", quote(selector)))
	p.Press(text)
}

// Press strikes keys where the focus is.
func (p *Page) Press(keys string) {
	p.t.Helper()
	p.do("keys", chromedp.KeyEvent(keys))
}

// TabTo goes with the tab key to an element, as a person does who has no mouse.
func (p *Page) TabTo(selector string) {
	p.t.Helper()
	p.There(selector)
	for range 100 {
		if p.Evaluate(fmt.Sprintf("String(document.activeElement !== null && document.activeElement.matches(%s))", quote(selector))) == "true" {
			return
		}
		p.Press("\t")
	}
	p.failed("the tab key does not reach %s", selector)
}

// Value is what a field holds.
func (p *Page) Value(selector string) string {
	p.t.Helper()
	p.There(selector)
	return p.Evaluate(fmt.Sprintf("document.querySelector(%s).value", quote(selector)))
}

// Evaluate is the text that a JavaScript expression gives, empty where it gives none.
func (p *Page) Evaluate(expression string) string {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	text, err := chromedp.Run(ctx, chromedp.Evaluate[string](fmt.Sprintf("String((%s) ?? '')", expression)))
	if err != nil {
		p.failed("%s: %v", expression, err)
	}
	return text
}

// Picture keeps a picture of the whole page among the test's artefacts.
func (p *Page) Picture(name string) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	png, err := chromedp.Run(ctx, chromedp.FullScreenshot(100))
	if err == nil {
		err = os.WriteFile(filepath.Join(p.t.ArtifactDir(), name+"-"+p.name+".png"), png, 0o644)
	}
	if err != nil {
		p.t.Errorf("%s: picture: %v", p.name, err)
	}
}

// Fits fails the test where the page is wider than the screen.
func (p *Page) Fits() {
	p.t.Helper()
	if over := p.Evaluate("Math.max(0, document.documentElement.scrollWidth - innerWidth)"); over != "0" {
		p.failed("the page is %s pixels wider than the screen", over)
	}
}

// Quiet fails the test where a script of the page failed.
func (p *Page) Quiet() {
	p.t.Helper()
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, text := range p.errors {
		p.t.Errorf("%s: a script failed: %s", p.name, text)
	}
}

func quote(text string) string {
	quoted, _ := json.Marshal(text)
	return string(quoted)
}
