# A template: `packaging/formula VERSION SUMS` fills in the version and the checksums of a release.
class Logpolicy < Formula
  desc "Declarative reconciler for Amazon CloudWatch Logs resource policies"
  homepage "https://github.com/logpolicy/logpolicy"
  version "@VERSION@"
  license any_of: ["MIT", "Apache-2.0"]

  on_macos do
    on_arm do
      url "https://github.com/logpolicy/logpolicy/releases/download/v@VERSION@/logpolicy-@VERSION@-aarch64-apple-darwin.tar.gz"
      sha256 "@SHA256_aarch64-apple-darwin@"
    end
    on_intel do
      url "https://github.com/logpolicy/logpolicy/releases/download/v@VERSION@/logpolicy-@VERSION@-x86_64-apple-darwin.tar.gz"
      sha256 "@SHA256_x86_64-apple-darwin@"
    end
  end

  on_linux do
    on_arm do
      url "https://github.com/logpolicy/logpolicy/releases/download/v@VERSION@/logpolicy-@VERSION@-aarch64-unknown-linux-gnu.tar.gz"
      sha256 "@SHA256_aarch64-unknown-linux-gnu@"
    end
    on_intel do
      url "https://github.com/logpolicy/logpolicy/releases/download/v@VERSION@/logpolicy-@VERSION@-x86_64-unknown-linux-gnu.tar.gz"
      sha256 "@SHA256_x86_64-unknown-linux-gnu@"
    end
  end

  def install
    bin.install "logpolicy"
    man1.install "logpolicy.1"
    bash_completion.install "logpolicy.bash" => "logpolicy"
    zsh_completion.install "_logpolicy"
    fish_completion.install "logpolicy.fish"
  end

  test do
    assert_match version.to_s, shell_output("#{bin}/logpolicy --version")
    system bin/"logpolicy", "init", "--account", "111122223333", "--region", "us-east-1"
    system bin/"logpolicy", "validate"
  end
end
