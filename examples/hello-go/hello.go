// Hello in Go.
package main

import "fmt"

func main() {
	fmt.Println("Content-Type: text/plain; charset=utf-8")
	fmt.Println()
	fmt.Println("Hello, world, from Go!")
}
