package velocity

import (
	"fmt"
	"strings"
)

type parser struct {
	text string
	at   int
}

func (p *parser) done() bool { return p.at >= len(p.text) }

func (p *parser) wrong(format string, values ...any) error {
	line := 1 + strings.Count(p.text[:min(p.at, len(p.text))], "\n")
	return fmt.Errorf("line %d of the template: %s", line, fmt.Sprintf(format, values...))
}

// accept reads a sign, after spaces but for a dot.
func (p *parser) accept(sign string) bool {
	at := p.at
	for sign != "." && at < len(p.text) && strings.ContainsRune(" \t\n", rune(p.text[at])) {
		at++
	}
	if !strings.HasPrefix(p.text[at:], sign) {
		return false
	}
	p.at = at + len(sign)
	return true
}

func (p *parser) expect(signs ...string) error {
	for _, sign := range signs {
		if !p.accept(sign) {
			return p.wrong("%q is missing", sign)
		}
	}
	return nil
}

// word reads the name of a variable, a property or a directive.
func (p *parser) word() string {
	start := p.at
	for !p.done() && (isLetter(p.text[p.at]) || p.at > start && strings.IndexByte("0123456789_-", p.text[p.at]) >= 0) {
		p.at++
	}
	return p.text[start:p.at]
}

func isLetter(c byte) bool { return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' }

func (p *parser) parenthesised() (expression, error) {
	if err := p.expect("("); err != nil {
		return nil, err
	}
	inner, err := p.or()
	if err == nil {
		err = p.expect(")")
	}
	return inner, err
}

func (p *parser) or() (expression, error) {
	return p.joined("||", p.and, func(left, right expression) expression {
		return func(v Object) any { return truth(left(v)) || truth(right(v)) }
	})
}

func (p *parser) and() (expression, error) {
	return p.joined("&&", p.comparison, func(left, right expression) expression {
		return func(v Object) any { return truth(left(v)) && truth(right(v)) }
	})
}

func (p *parser) joined(sign string, operand func() (expression, error), join func(left, right expression) expression) (expression, error) {
	left, err := operand()
	for err == nil && p.accept(sign) {
		var right expression
		if right, err = operand(); err == nil {
			left = join(left, right)
		}
	}
	return left, err
}

func (p *parser) comparison() (expression, error) {
	left, err := p.operand()
	if err != nil {
		return nil, err
	}
	for _, sign := range []string{"==", "!="} {
		if !p.accept(sign) {
			continue
		}
		right, err := p.operand()
		return func(v Object) any { return (text(left(v)) == text(right(v))) == (sign == "==") }, err
	}
	return left, nil
}

// text is what two values are compared by.
func text(v any) string {
	if v == nil {
		return "\x00"
	}
	return fmt.Sprint(v)
}

func (p *parser) operand() (expression, error) {
	switch {
	case p.accept("!"):
		inner, err := p.operand()
		return func(v Object) any { return !truth(inner(v)) }, err
	case p.accept("("):
		p.at--
		return p.parenthesised()
	case p.accept(`"`):
		return p.literal('"')
	case p.accept("'"):
		return p.literal('\'')
	case p.accept("$"):
		p.at--
		return p.reference()
	}
	return nil, p.wrong("an expression is missing, or is none that is supported")
}

func (p *parser) literal(quote byte) (expression, error) {
	end := strings.IndexByte(p.text[p.at:], quote)
	if end < 0 {
		return nil, p.wrong("a text has no end")
	}
	value := p.text[p.at : p.at+end]
	p.at += end + 1
	if quote == '"' && strings.ContainsAny(value, "$#") {
		return nil, p.wrong("references in a text are not supported: %q", value)
	}
	return func(Object) any { return value }, nil
}

// reference reads $name.property.method("argument").
func (p *parser) reference() (expression, error) {
	p.at++ // the $
	name := p.word()
	if name == "" {
		return nil, p.wrong("a $ without a name")
	}
	value := expression(func(v Object) any { return v[name] })
	for p.accept(".") {
		of, name := value, p.word()
		if p.done() || p.text[p.at] != '(' {
			value = func(v Object) any { return property(of(v), name) }
			continue
		}
		argument, err := p.argument(name)
		if err != nil {
			return nil, err
		}
		value = func(v Object) any { return call(of(v), name, argument(v)) }
	}
	return value, nil
}

func (p *parser) argument(method string) (argument expression, err error) {
	p.at++ // the parenthesis
	switch method {
	case "params":
		argument = func(Object) any { return nil }
	case "get", "startsWith":
		argument, err = p.or()
	default:
		return nil, p.wrong("the method %s is not supported", method)
	}
	if err == nil {
		err = p.expect(")")
	}
	return argument, err
}

func property(of any, name string) any {
	object, _ := of.(Object)
	return object[name]
}

func call(of any, method string, argument any) any {
	switch given, isText := of.(string); {
	case of == nil:
		return nil
	case method == "params":
		return property(of, "params")
	case method == "get":
		return property(of, text(argument))
	default:
		return isText && strings.HasPrefix(given, text(argument))
	}
}
