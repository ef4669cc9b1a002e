*words, code = ARGV
print "Content-Type: text/plain\n\nvariable=#{ENV["CONTRACT"]}\nargv=#{words.join(",")}\nbody=", $stdin.binmode.read
warn "told stderr"
exit Integer(code)
