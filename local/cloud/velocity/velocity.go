// Package velocity evaluates mapping templates of REST APIs, as much of the Velocity language as a preflight needs: #set,
// #if, #elseif, #else, references with their properties and the methods get, params and startsWith, texts without
// references in them, ==, !=, !, && and ||. Anything else is an error before a request comes.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-mapping-template-reference.html
package velocity

import (
	"fmt"
	"strings"
)

// Object has the properties of a reference.
type Object = map[string]any

// Template is ready to be evaluated.
type Template struct{ parts []node }

// Evaluate returns what a template makes of its variables, which it may change. What is not there is written as it stands
// in the template, as Velocity does.
func (t *Template) Evaluate(variables Object) string {
	var out strings.Builder
	run(t.parts, variables, &out)
	return out.String()
}

func run(parts []node, variables Object, out *strings.Builder) {
	for _, part := range parts {
		part(variables, out)
	}
}

type (
	node       func(variables Object, out *strings.Builder)
	expression func(variables Object) any
)

// Parse reads a template.
func Parse(text string) (*Template, error) {
	p := &parser{text: text}
	parts, ended, err := p.block()
	if err == nil && ended != "" {
		err = p.wrong("#%s without an #if", ended)
	}
	if err != nil {
		return nil, err
	}
	return &Template{parts}, nil
}

// block reads up to the end of the text, or the directive that ends it.
func (p *parser) block() (parts []node, ended string, err error) {
	for !p.done() {
		switch c := p.text[p.at]; {
		case c == '#':
			p.at++
			switch word := p.word(); word {
			case "set":
				made, err := p.set()
				if err != nil {
					return nil, "", err
				}
				parts = append(parts, made)
			case "if":
				made, err := p.condition()
				if err != nil {
					return nil, "", err
				}
				parts = append(parts, made)
			case "elseif", "else", "end":
				return parts, word, nil
			default:
				return nil, "", p.wrong("#%s is not supported", word)
			}
		case c == '$':
			start := p.at
			value, err := p.reference()
			if err != nil {
				return nil, "", err
			}
			written := p.text[start:p.at]
			parts = append(parts, func(variables Object, out *strings.Builder) {
				if v := value(variables); v != nil {
					fmt.Fprint(out, v)
					return
				}
				out.WriteString(written)
			})
		default:
			end := strings.IndexAny(p.text[p.at:], "#$")
			if end < 0 {
				end = len(p.text) - p.at
			}
			literal := p.text[p.at : p.at+end]
			p.at += end
			parts = append(parts, func(_ Object, out *strings.Builder) { out.WriteString(literal) })
		}
	}
	return parts, "", nil
}

// condition reads #if with all of its branches.
func (p *parser) condition() (node, error) {
	type branch struct {
		when expression
		then []node
	}
	var branches []branch
	for word := "if"; word != "end"; {
		when := expression(func(Object) any { return true })
		if word != "else" {
			var err error
			if when, err = p.parenthesised(); err != nil {
				return nil, err
			}
		}
		then, ended, err := p.block()
		switch {
		case err != nil:
			return nil, err
		case ended == "":
			return nil, p.wrong("an #if has no #end")
		case word == "else" && ended != "end":
			return nil, p.wrong("#%s after #else", ended)
		}
		branches = append(branches, branch{when, then})
		word = ended
	}
	return func(variables Object, out *strings.Builder) {
		for _, b := range branches {
			if truth(b.when(variables)) {
				run(b.then, variables, out)
				return
			}
		}
	}, nil
}

// set reads ($path.to.it = value), and the end of its line, which Velocity swallows.
func (p *parser) set() (node, error) {
	if err := p.expect("(", "$"); err != nil {
		return nil, err
	}
	path := []string{p.word()}
	for p.accept(".") {
		path = append(path, p.word())
	}
	if err := p.expect("="); err != nil {
		return nil, err
	}
	value, err := p.or()
	if err == nil {
		err = p.expect(")")
	}
	if err != nil {
		return nil, err
	}
	if !p.done() && p.text[p.at] == '\n' {
		p.at++
	}
	return func(variables Object, _ *strings.Builder) {
		v := value(variables)
		if v == nil {
			return // Velocity leaves the variable as it was
		}
		at := variables
		for _, name := range path[:len(path)-1] {
			inner, ok := at[name].(Object)
			if !ok {
				inner = Object{}
				at[name] = inner
			}
			at = inner
		}
		at[path[len(path)-1]] = v
	}, nil
}

// truth of a value: Velocity takes everything for true but false and nothing.
func truth(v any) bool {
	is, isBool := v.(bool)
	return v != nil && (!isBool || is)
}
