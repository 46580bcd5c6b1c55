package httptransport_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/millrace/millrace/internal/linktest"
	"github.com/millrace/millrace/transports/httptransport"
)

func ExampleNewHandler() {
	srv := httptest.NewServer(httptransport.NewHandler(&linktest.Handler{})) // a core.Server in real life
	defer srv.Close()
	resp, err := http.Post(srv.URL+"/__rpc/ROOM/1/call", "application/json", strings.NewReader(`{"json":{"batch":[]},"meta":{}}`))
	if err != nil {
		fmt.Println(err)
		return
	}
	b, err := io.ReadAll(resp.Body)
	fmt.Println(resp.StatusCode, string(b), errors.Join(err, resp.Body.Close()))
	http.DefaultClient.CloseIdleConnections()
	// Output: 200 {"json":{"batch":[]},"meta":{}} <nil>
}
