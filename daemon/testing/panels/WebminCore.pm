# Webmin as far as a module's index page asks for it.
package WebminCore;
use strict;
use warnings;
use Exporter 'import';

our @EXPORT = qw(init_config redirect error html_escape foreign_check foreign_require
    %text $remote_user $base_remote_user);
our (%text, $remote_user, $base_remote_user);

sub init_config {
    $remote_user = $base_remote_user = $ENV{FAKE_USER};
    %text = (index_failed => 'Backups cannot be opened');
    return;
}
sub redirect { print "Location: $_[0]\n\n"; return; }
sub error { print "Error: @_\n"; exit 0; }
sub html_escape { my ($text) = @_; $text =~ s/[<>&"]/./g; return $text; }
sub foreign_check { return $_[0] eq 'virtual-server'; }
sub foreign_require { return; }

package virtual_server;

sub list_domains { return map { { user => $_ } } qw(anna bob); }
sub can_edit_domain { return $_[0]{user} eq $ENV{FAKE_MAY}; }

1;
