# Asks Holdfast for a link that signs a browser in once. Holdfast's socket asks the kernel who calls,
# so a process of root becomes the account's user first; no name from a request is ever believed.
package HoldfastLink;
use strict;
use warnings;
use IO::Socket::UNIX;
use POSIX ();

my $SOCKET = '@HOLDFAST_SOCKET@';

# The address for the account of a Unix user; for undef, as an admin of the server (root only).
# Dies with a sentence for people.
sub link_for {
    my ($user) = @_;
    return ask() if !defined $user;
    my ($uid, $gid) = (getpwnam($user))[2, 3];
    die "There is no Unix user of this name.\n" if !defined $uid;
    die "Root has no account of its own.\n" if $uid == 0;
    return ask() if $> == $uid && $< == $uid;
    return ask_as($uid, $gid);
}

# In a child, which never becomes root again.
sub ask_as {
    my ($uid, $gid) = @_;
    pipe(my $reader, my $writer) or die "No pipe: $!\n";
    my $child = fork();
    die "No process: $!\n" if !defined $child;
    if ($child == 0) {
        close $reader;
        my $answer = eval { become($uid, $gid); 'ok ' . ask() } || "no $@";
        syswrite $writer, $answer;
        POSIX::_exit(0);
    }
    close $writer;
    my $answer = do { local $/; <$reader> } // '';
    waitpid $child, 0;
    return $1 if $answer =~ /\Aok (\S+)\z/;
    $answer =~ s/\Ano //;
    die $answer ne '' ? $answer : "Holdfast could not be asked.\n";
}

sub become {
    my ($uid, $gid) = @_;
    $) = "$gid $gid";
    POSIX::setgid($gid);
    POSIX::setuid($uid);
    my $has_groups = grep { $_ != $gid } split / /, $);
    if ($< != $uid || $> != $uid || $( != $gid || $has_groups || POSIX::setuid(0)) {
        die "The account's user cannot be become.\n";
    }
}

sub ask {
    my $socket = IO::Socket::UNIX->new(Peer => $SOCKET, Timeout => 5)
        or die "Holdfast is not running.\n";
    $socket->autoflush(1);
    local $SIG{ALRM} = sub { die "Holdfast did not answer.\n" };
    alarm 15;
    print {$socket} "POST /api/v1/sign-in-links HTTP/1.0\r\nHost: localhost\r\n"
        . "Content-Type: application/json\r\nContent-Length: 2\r\n\r\n{}";
    my $answer = do { local $/; <$socket> } // '';
    alarm 0;
    return $1
        if $answer =~ m{\AHTTP/1\.\d 201 }
        && $answer =~ m{"url":"(https?://[A-Za-z0-9.:_\-\[\]/]+)"};
    die "$1\n" if $answer =~ /"message":"([^"\\]{1,300})"/;
    die "Holdfast gave no link.\n";
}

1;
