#!/usr/bin/perl
#WHMADDON:holdfast:Holdfast Backups
# WHM runs this as root for whoever signed in. Root is an admin of Holdfast; a reseller who was given
# this entry gets no more than the account of the same name.
use strict;
use warnings;
use FindBin;
use lib $FindBin::RealBin;
use HoldfastLink;

my $user = $ENV{REMOTE_USER} // '';
my $link = eval {
    die "Nobody is signed in.\n" if $user eq '';
    HoldfastLink::link_for($user eq 'root' ? undef : $user);
};
if (defined $link) {
    print "Status: 302 Found\r\nCache-Control: no-store\r\nLocation: $link\r\n\r\n";
}
else {
    print "Status: 503 Service Unavailable\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n$@";
}
