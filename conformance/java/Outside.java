/** What the JDK alone makes of the keys of KMS: one request a line on standard input, one answer a line. */

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.security.AlgorithmParameters;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import java.security.SignatureException;
import java.security.interfaces.ECPublicKey;
import java.security.spec.ECGenParameterSpec;
import java.security.spec.EdDSAParameterSpec;
import java.security.spec.MGF1ParameterSpec;
import java.security.spec.PKCS8EncodedKeySpec;
import java.security.spec.PSSParameterSpec;
import java.security.spec.X509EncodedKeySpec;
import java.util.Base64;
import javax.crypto.Cipher;
import javax.crypto.KeyAgreement;
import javax.crypto.Mac;
import javax.crypto.spec.OAEPParameterSpec;
import javax.crypto.spec.PSource;
import javax.crypto.spec.SecretKeySpec;

final class Outside {
    private static final int AES_KEY_BYTES = 32;

    /** Fields are divided by spaces: a word, a name of the JDK's, and bytes in Base64. An answer is bytes, or `! why`. */
    public static void main(String[] none) throws IOException {
        BufferedReader requests = new BufferedReader(new InputStreamReader(System.in));
        for (String line = requests.readLine(); line != null; line = requests.readLine()) {
            System.out.println(answer(line.split(" ")));
        }
    }

    private static String answer(String[] fields) {
        byte[][] given = new byte[fields.length - 2][];
        for (int at = 0; at < given.length; at++) {
            given[at] = Base64.getDecoder().decode(fields[at + 2]);
        }
        try {
            StringBuilder answer = new StringBuilder();
            for (byte[] part : perform(fields[0], fields[1], given)) {
                answer.append(' ').append(Base64.getEncoder().encodeToString(part));
            }
            return answer.toString().trim();
        } catch (GeneralSecurityException | RuntimeException refused) {
            return "! " + refused.toString().replace('\n', ' ');
        }
    }

    private static byte[][] perform(String word, String name, byte[][] given) throws GeneralSecurityException {
        switch (word) {
            case "verify":
                return one(new byte[] {(byte) (verify(name, given[0], given[1], given[2]) ? 1 : 0)});
            case "sign":
                return one(sign(name, given[0], given[1]));
            case "generate":
                return generate(name);
            case "encrypt":
                return one(oaep(name, Cipher.ENCRYPT_MODE, publicKey("RSA", given[0])).doFinal(given[1]));
            case "decrypt":
                return one(oaep(name, Cipher.DECRYPT_MODE, privateKey("RSA", given[0])).doFinal(given[1]));
            case "wrap":
                return one(wrap(name, given[0], given[1]));
            case "agree":
                return agree(given[0]);
            case "mac":
                Mac mac = Mac.getInstance(name);
                mac.init(new SecretKeySpec(given[0], name));
                return one(mac.doFinal(given[1]));
            default:
                throw new IllegalArgumentException(word);
        }
    }

    private static byte[][] one(byte[] bytes) {
        return new byte[][] {bytes};
    }

    private static boolean verify(String name, byte[] spki, byte[] message, byte[] signature)
            throws GeneralSecurityException {
        Signature verifying = signature(name);
        verifying.initVerify(publicKey(family(name), spki));
        verifying.update(message);
        try {
            return verifying.verify(signature);
        } catch (SignatureException malformed) {
            return false;
        }
    }

    private static byte[] sign(String name, byte[] pkcs8, byte[] message) throws GeneralSecurityException {
        Signature signing = signature(name);
        signing.initSign(privateKey(family(name), pkcs8));
        signing.update(message);
        return signing.sign();
    }

    /** `RSASSA-PSS/SHA-256`, `Ed25519ph`, or what the JDK itself calls it. */
    private static Signature signature(String name) throws GeneralSecurityException {
        if (name.startsWith("RSASSA-PSS/")) {
            String hash = name.substring("RSASSA-PSS/".length());
            int saltBytes = Integer.parseInt(hash.substring("SHA-".length())) / 8;
            Signature pss = Signature.getInstance("RSASSA-PSS");
            pss.setParameter(new PSSParameterSpec(hash, "MGF1", new MGF1ParameterSpec(hash), saltBytes, 1));
            return pss;
        }
        if (name.equals("Ed25519ph")) {
            Signature prehashing = Signature.getInstance("Ed25519");
            prehashing.setParameter(new EdDSAParameterSpec(true));
            return prehashing;
        }
        return Signature.getInstance(name);
    }

    private static String family(String algorithm) {
        if (algorithm.startsWith("Ed25519")) {
            return "Ed25519";
        }
        return algorithm.endsWith("ECDSA") ? "EC" : "RSA";
    }

    private static PublicKey publicKey(String family, byte[] spki) throws GeneralSecurityException {
        return KeyFactory.getInstance(family).generatePublic(new X509EncodedKeySpec(spki));
    }

    private static PrivateKey privateKey(String family, byte[] pkcs8) throws GeneralSecurityException {
        return KeyFactory.getInstance(family).generatePrivate(new PKCS8EncodedKeySpec(pkcs8));
    }

    /** A fresh pair: `RSA/2048`, `EC/secp256r1`, `Ed25519`; its PKCS #8 and its SubjectPublicKeyInfo. */
    private static byte[][] generate(String name) throws GeneralSecurityException {
        String[] parts = name.split("/");
        KeyPairGenerator generator = KeyPairGenerator.getInstance(parts[0]);
        if (parts[0].equals("RSA")) {
            generator.initialize(Integer.parseInt(parts[1]));
        } else if (parts[0].equals("EC")) {
            generator.initialize(new ECGenParameterSpec(parts[1]));
        }
        KeyPair pair = generator.generateKeyPair();
        return new byte[][] {pair.getPrivate().getEncoded(), pair.getPublic().getEncoded()};
    }

    private static Cipher oaep(String hash, int mode, java.security.Key key) throws GeneralSecurityException {
        MGF1ParameterSpec mask = new MGF1ParameterSpec(hash);
        Cipher cipher = Cipher.getInstance("RSA/ECB/OAEPPadding");
        cipher.init(mode, key, new OAEPParameterSpec(hash, "MGF1", mask, PSource.PSpecified.DEFAULT));
        return cipher;
    }

    /** RSA_AES_KEY_WRAP: a fresh AES key in a block of RSA, and the material under that key (RFC 5649). */
    private static byte[] wrap(String hash, byte[] spki, byte[] material) throws GeneralSecurityException {
        byte[] key = new byte[AES_KEY_BYTES];
        new java.security.SecureRandom().nextBytes(key);
        byte[] wrappedKey = oaep(hash, Cipher.ENCRYPT_MODE, publicKey("RSA", spki)).doFinal(key);
        Cipher wrapping = Cipher.getInstance("AES/KWP/NoPadding");
        wrapping.init(Cipher.ENCRYPT_MODE, new SecretKeySpec(key, "AES"));
        byte[] wrapped = wrapping.doFinal(material);
        byte[] both = java.util.Arrays.copyOf(wrappedKey, wrappedKey.length + wrapped.length);
        System.arraycopy(wrapped, 0, both, wrappedKey.length, wrapped.length);
        return both;
    }

    /** A fresh pair on the curve of a public key: its public half, and the secret with that key. */
    private static byte[][] agree(byte[] spki) throws GeneralSecurityException {
        ECPublicKey peer = (ECPublicKey) publicKey("EC", spki);
        AlgorithmParameters curve = AlgorithmParameters.getInstance("EC");
        curve.init(peer.getParams());
        KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
        generator.initialize(curve.getParameterSpec(ECGenParameterSpec.class));
        KeyPair own = generator.generateKeyPair();
        KeyAgreement agreement = KeyAgreement.getInstance("ECDH");
        agreement.init(own.getPrivate());
        agreement.doPhase(peer, true);
        return new byte[][] {own.getPublic().getEncoded(), agreement.generateSecret()};
    }
}
