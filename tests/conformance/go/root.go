// Tests what Go programs expect of os.Root (since Go 1.24), which works beneath an opened folder.
package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
)

var tests = map[string]func(root *os.Root){
	"files_are_made_and_read":         filesAreMadeAndRead,
	"files_are_appended_to":           filesAreAppendedTo,
	"folders_below_are_roots_of_work": foldersBelowAreRootsOfWork,
	"what_is_there_is_listed":         whatIsThereIsListed,
	"nothing_above_is_reached":        nothingAboveIsReached,
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}

func check(holds bool, what string) {
	if !holds {
		panic(what)
	}
}

func write(root *os.Root, name string, flags int, text string) {
	file, err := root.OpenFile(name, os.O_WRONLY|flags, 0o666)
	must(err)
	_, err = file.WriteString(text)
	must(err)
	must(file.Sync())
	must(file.Close())
}

func read(root *os.Root, name string) string {
	file, err := root.Open(name)
	must(err)
	defer file.Close()
	bytes, err := io.ReadAll(file)
	must(err)
	return string(bytes)
}

func filesAreMadeAndRead(root *os.Root) {
	file, err := root.Create("new")
	must(err)
	_, err = file.WriteString("text")
	must(err)
	_, err = file.Seek(0, io.SeekStart)
	must(err)
	bytes, err := io.ReadAll(file)
	must(err)
	check(string(bytes) == "text", "what was written is read")
	must(file.Truncate(2))
	must(file.Close())
	check(read(root, "new") == "te", "it was cut")
	_, err = root.OpenFile("new", os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o666)
	check(errors.Is(err, fs.ErrExist), "it is there")
	write(root, "new", os.O_TRUNC, "other")
	check(read(root, "new") == "other", "it was emptied")
	must(root.Remove("new"))
	_, err = root.Stat("new")
	check(errors.Is(err, fs.ErrNotExist), "it is gone")
}

func filesAreAppendedTo(root *os.Root) {
	write(root, "log", os.O_CREATE|os.O_APPEND, "one ")
	write(root, "log", os.O_APPEND, "two")
	check(read(root, "log") == "one two", "both are there")
}

func foldersBelowAreRootsOfWork(root *os.Root) {
	must(root.Mkdir("below", 0o777))
	below, err := root.OpenRoot("below")
	must(err)
	write(below, "file", os.O_CREATE, "text")
	must(below.Mkdir("deeper", 0o777))
	deeper, err := below.OpenRoot("deeper")
	must(err)
	write(deeper, "file", os.O_CREATE, "deep")
	check(read(root, "below/file") == "text", "what was written below is there")
	check(read(root, "below/deeper/file") == "deep", "what was written deeper is there")
	must(deeper.Close())
	must(below.Close())
}

func whatIsThereIsListed(root *os.Root) {
	write(root, "b", os.O_CREATE, "")
	write(root, "a", os.O_CREATE, "")
	folder, err := root.Open(".")
	must(err)
	names, err := folder.Readdirnames(-1)
	must(err)
	slices.Sort(names)
	check(slices.Equal(names, []string{"a", "b"}), fmt.Sprint(names))
	must(folder.Close())
}

func nothingAboveIsReached(root *os.Root) {
	for _, path := range []string{"../other", "a/../../other", "/etc/passwd"} {
		_, err := root.Open(path)
		check(err != nil, path)
		_, err = root.Create(path)
		check(err != nil, path)
	}
}

func main() {
	test := tests[os.Args[1]]
	check(test != nil, "there is no test "+os.Args[1])
	folder := "/" + os.Args[1]
	must(os.Mkdir(folder, 0o777))
	root, err := os.OpenRoot(folder)
	must(err)
	test(root)
	must(root.Close())
	if os.Getenv("GATEWAY_INTERFACE") != "" {
		fmt.Print("Content-Type: text/plain\n\nok\n")
	}
}
