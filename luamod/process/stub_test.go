package process

import (
	"strings"
	"testing"
)

// The stub has the methods of an inbox.
func TestInboxStub(t *testing.T) {
	for name := range inboxMethods {
		if !strings.Contains(stub, "\nfunction inbox:"+name+"(") {
			t.Errorf("the stub lacks inbox:%s", name)
		}
	}
	if got := strings.Count(stub, "\nfunction inbox:"); got != len(inboxMethods) {
		t.Errorf("the stub has %d methods of an inbox, and there are %d", got, len(inboxMethods))
	}
}
