awk 'BEGIN {
  for (i = 0; i < 100000; i++) x = x "0123456789"
  print "version: 1"
  print "targets: { a: { account: \"111122223333\", regions: [us-east-1] } }"
  print "variables: { x: \"" x "\" }"
  print "policies:"
  for (i = 0; i < 60; i++)
    print "  - { name: p" i ", document: { Version: \"2012-10-17\", Statement: [], Id: \"${x}\" } }"
}' > variables.yaml
awk 'BEGIN {
  print "version: 1\ntargets:\n  a:\n    accounts:"
  for (i = 0; i < 2000; i++) printf "      - \"%012d\"\n", i
  print "    regions:"
  for (i = 0; i < 2000; i++) print "      - us-east-" i
}' > targets.yaml
