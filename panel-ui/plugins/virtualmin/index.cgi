#!/usr/bin/perl
# Webmin runs this as root for whoever signed in. Root is an admin of Holdfast; the owner of a server
# gets the account of their own Unix user and nothing else.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::RealBin/..", $FindBin::RealBin;
use WebminCore;
use HoldfastLink;

our (%text, $remote_user, $base_remote_user);
init_config();

my $user = $base_remote_user || $remote_user || '';
my $link = eval {
    die "Nobody is signed in.\n" if $user eq '';
    HoldfastLink::link_for($user eq 'root' ? undef : owner($user));
};
if (defined $link) {
    redirect($link);
}
else {
    error("$text{'index_failed'}: " . html_escape($@));
}

# The Unix user of a server that this login owns. A login's name alone proves nothing: owners may give
# logins of any name to others.
sub owner {
    my ($login) = @_;
    die "This is for owners of servers.\n" if !foreign_check('virtual-server');
    foreign_require('virtual-server', 'virtual-server-lib.pl');
    for my $server (virtual_server::list_domains()) {
        next if $server->{'parent'} || $server->{'user'} ne $login;
        return $login if virtual_server::can_edit_domain($server);
    }
    die "This is for owners of servers.\n";
}
