// Calls the URL that modules.toml gives it with Go's own HTTP client, and prints what came.
package main

import (
	"fmt"
	"io"
	"net/http"
	"os"

	"wagi/sdk/go/wagihttp"
)

func main() {
	client := &http.Client{Transport: wagihttp.Transport{}}
	response, err := client.Get(os.Getenv("URL"))
	if err != nil {
		fmt.Printf("Status: 502 Bad Gateway\nContent-Type: text/plain\n\n%v\n", err)
		return
	}
	defer response.Body.Close()
	fmt.Print("Content-Type: text/plain; charset=utf-8\n\n")
	fmt.Printf("%s answered %s, %s:\n\n", os.Getenv("URL"), response.Status, response.Header.Get("Content-Type"))
	if _, err := io.Copy(os.Stdout, response.Body); err != nil {
		fmt.Printf("\n(%v)\n", err)
	}
}
