# The six messages for Cap'n Proto. It has no optional integers: 0 is absent.
@0xb5c9a1f1d3a7e842;

using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("bench");

struct Read {
  id @0 :UInt32;
  fd @1 :Int32;
  size @2 :UInt64;
  offset @3 :UInt64;
  flags @4 :UInt32;
  timeout @5 :UInt32;
}

struct Bytes {
  error @0 :UInt32;
  data @1 :Data;
}

struct Open {
  id @0 :UInt32;
  flags @1 :UInt32;
  mode @2 :UInt32;
  path @3 :Text;
}

struct Stat {
  error @0 :UInt32;
  mode @1 :UInt32;
  device @2 :UInt64;
  inode @3 :UInt64;
  links @4 :UInt32;
  uid @5 :UInt32;
  gid @6 :UInt32;
  blockSize @7 :UInt32;
  rdev @8 :UInt64;
  size @9 :Int64;
  blocks @10 :UInt64;
  accessed @11 :Int64;
  modified @12 :Int64;
  generation @13 :UInt32;
}

struct Entry {
  inode @0 :UInt64;
  type @1 :UInt32;
  name @2 :Text;
}

struct Directory {
  error @0 :UInt32;
  entries @1 :List(Entry);
}

struct Trace {
  time @0 :UInt64;
  cpu @1 :UInt32;
  thread @2 :UInt32;
  badge @3 :UInt64;
  object @4 :UInt32;
  address @5 :UInt64;
  length @6 :UInt64;
  result @7 :Int32;
  method @8 :UInt32;
  flags @9 :UInt32;
  name @10 :Text;
  cookie @11 :UInt64;
}
