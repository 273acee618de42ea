package subnets

import "fmt"

// Refused is a refusal in the words of the official plugin, which begin and end
// as no Go error would: whoever searches for the text must find it.
type Refused string

func (r Refused) Error() string { return string(r) }

// Refusef is Refused with values in it.
func Refusef(format string, values ...any) Refused { return Refused(fmt.Sprintf(format, values...)) }
