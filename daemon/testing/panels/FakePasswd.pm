# The users of the tests, who are in no passwd file.
package FakePasswd;
use strict;
use warnings;

my %uids = (anna => 62_001, bob => 62_002, toor => 0);

BEGIN {
    no warnings 'once';
    *CORE::GLOBAL::getpwnam = sub {
        my ($name) = @_;
        return if !exists $uids{$name};
        return ($name, 'x', $uids{$name}, $uids{$name}, '', '', '', '/', '/bin/sh');
    };
}

1;
