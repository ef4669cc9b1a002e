// An ordinary net/http handler, unchanged: Go's own net/http/cgi makes a CGI program of it, and a CGI
// program is what runs here.
package main

import (
	"fmt"
	"log"
	"net/http"
	"net/http/cgi"
)

func hello(answer http.ResponseWriter, request *http.Request) {
	name := request.URL.Query().Get("name")
	if name == "" {
		name = "world"
	}
	answer.Header().Set("Content-Type", "text/plain; charset=utf-8")
	fmt.Fprintf(answer, "Hello, %s, from Go's net/http!\n", name)
}

func main() {
	http.HandleFunc("/", hello)
	if err := cgi.Serve(nil); err != nil {
		log.Fatal(err)
	}
}
