*words, code = ARGV
if code == "0"
  print "Content-Type: text/plain\n\nvariable=#{ENV["CONTRACT"]}\nargv=#{words.join(",")}\nbody=", $stdin.binmode.read
end
warn "told stderr"
exit Integer(code)
